/** OpenTelemetry's limits; what is beyond is dropped and counted in the record. Source: specification, "Attribute limits". @internal */
export interface AttributeLimits {
  readonly attributes: number
  /** UTF-16 units of a string, and of all strings inside one array or map; a longer one is cut. */
  readonly stringLength: number
}

/** `attributes` and `stringLength` are a span's. @internal */
export interface RecordLimits extends AttributeLimits {
  readonly events: number
  readonly links: number
  /** Attributes of one event, and of one link, of a span. */
  readonly eventAttributes: number
  readonly linkAttributes: number
  readonly logAttributes: number
  readonly logStringLength: number
}

// OpenTelemetry says unlimited; a file that was read into an attribute by mistake must not fill the disk.
const LENGTH_MAX = 256 * 1024

/** Those of resources, scopes and metrics are never others: cut, they would name something else. @internal */
export const DEFAULT_LIMITS: RecordLimits = {
  attributes: 128,
  events: 128,
  links: 128,
  stringLength: LENGTH_MAX,
  eventAttributes: 128,
  linkAttributes: 128,
  logAttributes: 128,
  logStringLength: LENGTH_MAX,
}

/** UTF-16 units of a name, a status message or another text that is no attribute's; a longer one is cut. */
export const TEXT_LENGTH_MAX = 256 * 1024

/** Arrays and maps inside one another in one attribute; what is deeper becomes `[nested too deep]`. */
export const NESTING_MAX = 16
/** Values and members of one attribute; an array or map ends where they are used up. */
export const VALUES_MAX = 1_024
/** Longer names are no names: such an attribute is dropped and counted. */
export const KEY_LENGTH_MAX = 1_024
