export { SeededRandom } from './random.ts'
export { SimulatedMachine, simulatedPlatform } from './simulated.ts'
export type { Faults } from './simulated.ts'
