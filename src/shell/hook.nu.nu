
# Says once, before a prompt, that what `awsuse` set comes to its end. It starts nothing.
def --env __awstok_hook [] {
    let set = ($env.AWSTOK_EXPIRATION? | default "")
    if $set == "" or $set == ($env.AWSTOK_SAID? | default "") or $set != ($env.AWS_CREDENTIAL_EXPIRATION? | default "") {
        return
    }
    let left = (($set | into datetime) - (date now))
    if $left >= 10min {
        return
    }
    $env.AWSTOK_SAID = $set
    # what could drive the terminal isn't repeated
    let profile = ($env.AWSTOK_PROFILE? | default "")
    let name = if $profile =~ '^[A-Za-z0-9._@+=-]+$' { $" ($profile)" } else { "" }
    let when = if $left > 0sec { $"expire in ($left / 1min | math ceil) min" } else { "have expired" }
    print --stderr $"awstok: the credentials in this shell ($when); `awsuse($name)` renews them"
}

$env.config.hooks.pre_prompt = (
    $env.config.hooks.pre_prompt? | default [] | where {|hook| ($hook | describe) != "string" or $hook != "__awstok_hook" } | append "__awstok_hook"
)
