/**
 * What a person is typing is data: no script here evaluates it, since a word may hold `$(...)`. Each asks
 * `spanledger complete -- words`, and leaves to the shell's own completion of files where nothing is offered.
 */
export const OWN_SCRIPTS: Readonly<Record<string, string>> = {
  // Bash tells `--status=er` as three words, and redirections among them. `compgen -W` would evaluate what it is given.
  bash: `# bash completion for spanledger
__spanledger_complete() {
    local cur=\${COMP_WORDS[COMP_CWORD]} word offered words=()
    COMPREPLY=()
    for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
        [[ $word =~ ^[0-9\\&]*[\\<\\>] ]] && return
        [[ $word == = ]] || words+=("$word")
    done
    [[ $cur == = ]] && cur= && words+=("")
    while IFS=$'\\t' read -r offered _; do
        [[ $offered != :* && $offered == "$cur"* ]] && COMPREPLY+=("$offered")
    done < <(spanledger complete -- "\${words[@]}" 2>/dev/null)
}
complete -o bashdefault -o default -F __spanledger_complete spanledger
`,
  zsh: `#compdef spanledger
_spanledger() {
    local offered about
    local -a asked=("\${(@)words[2,CURRENT-1]}") all=()
    if [[ $PREFIX == --*=* ]]; then
        asked+=("\${PREFIX%%=*}")
        compset -P 1 '*='
    fi
    while IFS=$'\\t' read -r offered about; do
        [[ $offered == :* ]] || all+=("$offered\${about:+:$about}")
    done < <(spanledger complete -- "\${(@)asked}" "$PREFIX" 2>/dev/null)
    if (( $#all )); then _describe spanledger all; else _files; fi
}
compdef _spanledger spanledger
# Where it is loaded at the first TAB, that TAB waits for an answer.
if [[ \${funcstack[1]} == _spanledger ]]; then _spanledger; fi
`,
  // Before 7.3 an empty argument is lost on its way to a program, unless it is told as two quotes.
  powershell: `# powershell completion for spanledger
Register-ArgumentCompleter -Native -CommandName spanledger -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -le $cursorPosition } | ForEach-Object { $_.Extent.Text })
    if ($wordToComplete -eq '') {
        $words += if ($PSNativeCommandArgumentPassing -in $null, 'Legacy') { '""' } else { '' }
    }
    & spanledger complete '--' @words 2>$null | ForEach-Object {
        $name, $about = $_ -split "\`t", 2
        if (-not $name.StartsWith(':') -and $name.StartsWith($wordToComplete)) {
            if (-not $about) { $about = $name }
            [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $about)
        }
    }
}
`,
}
