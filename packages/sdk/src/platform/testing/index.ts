export { SimulatedMachine, simulatedPlatform } from './simulated.ts'
