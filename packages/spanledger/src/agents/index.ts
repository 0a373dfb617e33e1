export const agents = 1
