# awstok in nushell: `awsuse PROFILE` puts a profile's credentials into this shell, `awsuse -` goes back.
# Once: awstok init nu | save -f ($nu.default-config-dir | path join awstok.nu); in config.nu: source awstok.nu

def "nu-complete awstok profiles" [] {
    ^awstok list --names | lines
}

# Put the credentials of a profile into this shell; `-` goes back to what was before.
def --env --wrapped awsuse [
    profile?: string@"nu-complete awstok profiles" # the profile, or `-`
    ...flags: string # flags of `awstok env`
] {
    let before = ($env.AWSTOK_PROFILE? | default "")
    let previous = ($env.AWSTOK_PREVIOUS? | default "")
    let first = match $profile {
        null => []
        "-" => (if $previous == "" { ["--unset"] } else { [$previous] })
        $name => [$name]
    }
    let words = ($first ++ $flags)
    if ($words | any {|word| $word in ["-h" "--help"]}) {
        return (^awstok env --help)
    }
    # a failure ends it here: at the end of a pipeline it wouldn't
    let text = if "--unset" in $words { "{}" } else { ^awstok env --format json ...$words }
    let set = ($text | from json)
    for name in [
        AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
        AWS_CREDENTIAL_EXPIRATION AWS_SESSION_EXPIRATION AWS_ACCOUNT_ID AWSTOK_PROFILE
    ] {
        hide-env --ignore-errors $name
    }
    if ($set | is-empty) {
        for name in [
            AWS_REGION AWS_DEFAULT_REGION AWS_AVAILABILITY_ZONE AWS_INSTANCE_ID AWS_INSTANCE_TYPE AWS_PRIVATE_IP AWS_PUBLIC_IP
            AWS_PRIVATE_HOSTNAME AWS_PUBLIC_HOSTNAME AWS_MAC AWS_VPC_ID AWS_SUBNET_ID
        ] {
            hide-env --ignore-errors $name
        }
    }
    load-env $set
    if ($env.AWSTOK_PROFILE? | default "") != $before {
        $env.AWSTOK_PREVIOUS = $before
    }
    $env.AWSTOK_EXPIRATION = ($env.AWS_CREDENTIAL_EXPIRATION? | default "")
}
