import type { Setting } from '../agents/index.ts'
import { planConnect } from './plan.ts'

/**
 * Whether settings say what connect would have them say.
 *
 * yes      all of it
 * part     some of it: of another version of ours, or edited since
 * differs  something else stands there
 * no       nothing of it
 * none     nothing is wanted of this kind
 */
export type SettingState = 'yes' | 'part' | 'differs' | 'no' | 'none'

/** Of telemetry and of hooks, which may share a file. Errors: SettingsError */
export function inspectSetting(
  setting: Setting,
  text: string | undefined,
  mark: string,
): { telemetry: SettingState; hooks: SettingState } {
  const state = (part: Setting, isOurs: (text: string) => boolean): SettingState => {
    const { before, after, kept } = planConnect(part, text, undefined, false)
    if (kept.length > 0) return 'differs'
    if (before === after) return 'yes'
    return text !== undefined && isOurs(text) ? 'part' : 'no'
  }
  const holdsMark = (of: string): boolean => of.includes(JSON.stringify(mark).slice(1, -1))
  if (setting.format === 'toml') return { telemetry: state(setting, () => false), hooks: 'none' }
  if (setting.format === 'own') return { telemetry: 'none', hooks: state(setting, holdsMark) }
  const wantsHooks = setting.add.length > 0
  return {
    telemetry:
      setting.set.length === 0 || setting.set.every(({ path }) => path[0] === 'version')
        ? 'none'
        : state({ ...setting, add: [] }, () => false),
    hooks: wantsHooks ? state({ ...setting, set: [] }, holdsMark) : 'none',
  }
}
