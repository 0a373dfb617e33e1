export const projection = 1
