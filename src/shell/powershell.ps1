# awstok in PowerShell: `awsuse PROFILE` puts a profile's credentials into this shell, `awsuse -` goes back.
# In $PROFILE: awstok init powershell | Out-String | Invoke-Expression

function global:awsuse {
    $words = @($args)
    $before = [string]$Env:AWSTOK_PROFILE
    $previous = Get-Variable -Scope Global -Name __awstok_previous -ValueOnly -ErrorAction Ignore
    if ($words.Count -gt 0 -and [string]$words[0] -ceq '-') {
        $rest = @($words | Select-Object -Skip 1)
        if ($previous) { $words = @($previous) + $rest } else { $words = @('--unset') + $rest }
    }
    $awstok = @(Get-Command -CommandType Application -Name awstok)[0]
    $text = @(& $awstok env --shell powershell @words) -join "`n"
    if ($LASTEXITCODE -ne 0) { return }
    if (-not $text.StartsWith('Remove-Item Env:')) {
        # help, or another format: not for the shell
        return $text
    }
    Invoke-Expression $text
    if ([string]$Env:AWSTOK_PROFILE -cne $before) { $global:__awstok_previous = $before }
    $global:__awstok_expiration = [string]$Env:AWS_CREDENTIAL_EXPIRATION
}

Register-ArgumentCompleter -Native -CommandName awsuse -ScriptBlock {
    param($word, $line, $cursor)
    if ($line.CommandElements.Count -gt 2) { return }
    & @(Get-Command -CommandType Application -Name awstok)[0] list --names 2>$null |
        Where-Object { $_.StartsWith($word) } |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
