import { isRefusal, refusal } from '../query/index.ts'
import type { Printer } from './ask.ts'
import { ofRefusal } from './complaint.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import type { CliHost } from './host.ts'
import { renderConnect } from './render/connect.ts'
import type { ConnectAnswer } from './settings-answers.ts'
import { type SettingsName, settingsParams } from './settings.ts'

type Connecting = 'connect' | 'disconnect'

export const isConnecting = (name: SettingsName): name is Connecting =>
  name === 'connect' || name === 'disconnect'

/** Shows what would change, asks, and writes it: nobody's settings change unseen. */
export async function askConnect(
  host: CliHost,
  {
    name,
    params,
    home,
    json,
  }: { name: Connecting; params: Record<string, unknown>; home: string | undefined; json: boolean },
  { out, terminal, complain }: Printer,
): Promise<ExitCode> {
  const { yes, print, ...rest } = params
  const run = (writes: boolean): Promise<unknown> =>
    host.settings(name, { ...rest, ...(writes ? { yes: true } : { print: true }) }, home)
  const tell = async (answer: ConnectAnswer, isShown: boolean): Promise<ExitCode> => {
    await out.write(json ? `${JSON.stringify(answer)}\n` : renderConnect(name, answer, terminal, isShown))
    return name === 'disconnect' && answer.files.some(({ kept }) => kept.length > 0) ? EXIT.failed : EXIT.ok
  }

  const shown = await run(false)
  if (isRefusal(shown)) return complain(ofRefusal(shown, settingsParams(name)))
  const plan = shown as ConnectAnswer
  const changes = plan.files.some(({ change }) => change !== 'none')
  if (print === true) return tell(plan, false)
  const asks = yes !== true && changes
  if (asks) {
    if (!json) await out.write(renderConnect(name, plan, terminal, false))
    if (json || host.confirm === undefined)
      return complain(
        ofRefusal(
          refusal('NOT_CONFIRMED', 'nothing was written: there is nobody to ask', 'say --yes to write it'),
          [],
        ),
      )
    if (!(await host.confirm('Write this?'))) {
      await out.write('Nothing was written.\n')
      return EXIT.ok
    }
  }
  const answer = await run(true)
  if (isRefusal(answer)) return complain(ofRefusal(answer, settingsParams(name)))
  return tell(answer as ConnectAnswer, asks)
}
