/** Whose work is that says no team. */
export const DEFAULT_TEAM = 'default'
