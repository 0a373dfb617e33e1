import { isRefusal } from '../query/index.ts'
import type { Printer } from './ask.ts'
import { ofRefusal } from './complaint.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import type { CliHost } from './host.ts'
import { renderSettings } from './render/settings.ts'
import { type SettingsName, settingsParams } from './settings.ts'

/** One command about settings, always in this process: its variables and its folder are what is asked about. */
export async function askSettings(
  host: CliHost,
  {
    name,
    params,
    home,
    json,
  }: { name: SettingsName; params: unknown; home: string | undefined; json: boolean },
  { out, terminal, complain, hint }: Printer,
): Promise<ExitCode> {
  const answer = await host.settings(name, params, home)
  if (isRefusal(answer)) return complain(ofRefusal(answer, settingsParams(name)))
  await out.write(json ? `${JSON.stringify(answer)}\n` : renderSettings(name, answer, terminal))
  for (const note of (answer as { notes?: string[] }).notes ?? []) hint(note)
  return (answer as { ok?: boolean }).ok === false ? EXIT.failed : EXIT.ok
}
