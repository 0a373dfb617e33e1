import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../../bin/spanledger.js', import.meta.url))

/** A daemon in a process of its own, from the built program, on free ports. */
export interface DaemonProcess {
  child: ChildProcess
  otlpHttpPort: number
  otlpGrpcPort: number
  port: number
  home: string
  /** Ends it with a signal and waits until it is gone; resolves to its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

export async function startDaemonProcess(home: string): Promise<DaemonProcess> {
  const ports = ['--otlp-http-port', '0', '--otlp-grpc-port', '0', '--port', '0']
  const child = spawn(process.execPath, [PROGRAM, 'up', '--json', '--home', home, ...ports], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  let errors = ''
  child.stderr.on('data', (chunk) => (errors += chunk))
  const line = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(text)
    })
    void gone.then((code) =>
      reject(new Error(`the daemon ended with ${code} before it could receive: ${errors}`)),
    )
  })
  return {
    child,
    ...(JSON.parse(line) as Pick<DaemonProcess, 'otlpHttpPort' | 'otlpGrpcPort' | 'port' | 'home'>),
    end(signal) {
      child.kill(signal)
      return gone
    },
  }
}
