export const receive = 1
