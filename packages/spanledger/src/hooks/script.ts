import { MANY_WAITING, PAYLOAD_BYTES_MANY, PAYLOAD_BYTES_MAX, WAITING_MAX } from './layout.ts'

/** `ulimit -f` counts these. */
const BLOCK = 512

/**
 * What an agent runs as a hook: keeps standard input as a file of its own, and is silent whatever happens.
 *
 * A file for each, since a payload may be larger than what one write appends whole. `set -C` creates it only where it is not:
 * of two hooks at once, one takes the number. The one program it starts is `cat`: 1.7 ms beside a shell that does nothing.
 * The shell's own `read` would take a system call a byte. Runs in dash, bash, zsh as sh, and busybox.
 */
export const SCRIPT = `# Written by spanledger connect. An agent's hook: keeps what it is given, says nothing, never fails.
exec >/dev/null 2>&1
umask 077
# A limit that is reached, or a full disk, makes cat fail instead of killing it; what is left is read all the same.
trap '' XFSZ
d=\${0%/*}
number() {
  read -r v <"$1" || [ -n "$v" ] || v=$2
  case $v in '' | *[!0-9]*) v=$2 ;; esac
}
number "$d/taken" 0
t=$v
number "$d/next" 1
n=$v
[ "$n" -gt "$t" ] || n=$((t + 1))
w=$((n - t))
if [ "$w" -gt ${WAITING_MAX} ]; then
  echo $((n + 1)) >"$d/next"
  cat
  exit 0
fi
l=${PAYLOAD_BYTES_MAX / BLOCK}
[ "$w" -lt ${MANY_WAITING} ] || l=${PAYLOAD_BYTES_MANY / BLOCK}
first=$n
set -C
while :; do
  if [ ! -e "$d/waiting/$n" ]; then
    {
      echo $((n + 1)) >|"$d/next"
      ulimit -f "$l"
      printf '%s\\n' "hook 1 $1 $2"
      cat || cat >/dev/null
      printf '\\nend\\n'
      exit 0
    } >"$d/waiting/$n"
    # Taken by another in between; or the folder takes no files at all: then the number is spent.
    if [ ! -e "$d/waiting/$n" ]; then
      echo $((first + 1)) >|"$d/next"
      cat
      exit 0
    fi
  fi
  n=$((n + 1))
done
`

/** The command in an agent's settings, for any shell: nothing happens where the script is gone. */
export const hookCommand = (script: string, agent: string, hook: string): string =>
  `sh ${quoted(script)} ${agent} ${hook} 2>/dev/null || true`

/** What tells such a command from others': the script as the command names it. */
export const hookMark = (script: string): string => quoted(script)

const quoted = (path: string): string => `'${path.replaceAll("'", `'\\''`)}'`
