
# Says once, before a prompt, that what `awsuse` set comes to its end. It starts nothing and keeps `$LASTEXITCODE`.
function global:__awstok_hook {
    $set = Get-Variable -Scope Global -Name __awstok_expiration -ValueOnly -ErrorAction Ignore
    $said = Get-Variable -Scope Global -Name __awstok_said -ValueOnly -ErrorAction Ignore
    if (-not $set -or $set -ceq $said -or $set -cne [string]$Env:AWS_CREDENTIAL_EXPIRATION) { return }
    $end = [DateTimeOffset]::MinValue
    $culture = [System.Globalization.CultureInfo]::InvariantCulture
    if (-not [DateTimeOffset]::TryParse($set, $culture, [System.Globalization.DateTimeStyles]::None, [ref]$end)) { return }
    $left = ($end - [DateTimeOffset]::UtcNow).TotalSeconds
    if ($left -ge 600) { return }
    $global:__awstok_said = $set
    # what could drive the terminal isn't repeated
    $name = if ([string]$Env:AWSTOK_PROFILE -match '^[A-Za-z0-9._@+=-]+$') { ' ' + $Env:AWSTOK_PROFILE } else { '' }
    $when = if ($left -gt 0) { "expire in $([Math]::Ceiling($left / 60)) min" } else { 'have expired' }
    [Console]::Error.WriteLine("awstok: the credentials in this shell $when; ``awsuse$name`` renews them")
}

if (-not (Get-Variable -Scope Global -Name __awstok_prompt -ErrorAction Ignore)) {
    $global:__awstok_prompt = $function:prompt
    function global:prompt {
        $worked = $?
        $code = $global:LASTEXITCODE
        __awstok_hook
        $global:LASTEXITCODE = $code
        # the prompt behind this one may show whether the last command worked
        if (-not $worked) { Write-Error '' -ErrorAction Ignore }
        & $global:__awstok_prompt
    }
}
