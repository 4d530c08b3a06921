module completions {

  def "nu-complete awstok color" [] {
    [ "auto" "always" "never" ]
  }

  # Interactive AWS profile manager with MFA
  export extern awstok [
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  def "nu-complete awstok token color" [] {
    [ "auto" "always" "never" ]
  }

  # Put fresh credentials of a profile into the AWS files
  export extern "awstok token" [
    --profile(-p): string     # One more, as in the AWS CLI
    --all                     # Every profile
    --force                   # Get new sessions, even where good ones are cached
    --min: string             # Reuse a session that lives longer than this
    --duration: string        # Ask for sessions of this length (a user's: 15m to 36h, a role's: 15m to 12h)
    --yes(-y)                 # Answer yes where a profile with `guard = confirm` asks
    --confirm: string         # Answer a profile with `guard = type-name`
    --write                   # Lift `guard = read-only`, after a confirmation
    --dry-run                 # Show the plan and the diff of both files; ask, call and change nothing
    --json                    # Print JSON: [{"profile","status":"fetched|reused|failed","expiration","account_id","arn","error"}]
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok token color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # The profiles [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok env shell" [] {
    [ "bash" "zsh" "sh" "fish" "powershell" "cmd" "nu" "elvish" "tcsh" "xonsh" ]
  }

  def "nu-complete awstok env format" [] {
    [ "shell" "json" "dotenv" "yaml" "process" ]
  }

  def "nu-complete awstok env color" [] {
    [ "auto" "always" "never" ]
  }

  # Print a profile's credentials as assignments for a shell, or as JSON, dotenv or YAML
  export extern "awstok env" [
    --profile(-p): string     # The same, as in the AWS CLI
    --yes(-y)                 # Answer yes where a profile with `guard = confirm` asks
    --confirm: string         # Answer a profile with `guard = type-name`
    --write                   # Lift `guard = read-only`, after a confirmation
    --shell: string@"nu-complete awstok env shell" # The shell to write for [default: the parent process, else $SHELL]
    --format: string@"nu-complete awstok env format" # What to print instead of a shell's assignments
    --json                    # The same as `--format json`
    --last                    # Take the profile that was handed out last, for a second terminal
    --unset                   # Unset all of the variables
    --metadata                # Also what tells of the EC2 instance: AWS_INSTANCE_ID, AWS_AVAILABILITY_ZONE, AWS_PRIVATE_IP …
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok env color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok exec color" [] {
    [ "auto" "always" "never" ]
  }

  # Run a command, or a shell, with a profile's credentials
  export extern "awstok exec" [
    --profile(-p): string     # The same, as in the AWS CLI
    --yes(-y)                 # Answer yes where a profile with `guard = confirm` asks
    --confirm: string         # Answer a profile with `guard = type-name`
    --write                   # Lift `guard = read-only`, after a confirmation
    --server                  # Lead the command to an endpoint whose credentials are kept fresh, instead of giving it some
    --read-only               # Limit the session of a role profile to ReadOnlyAccess
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok exec color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok credential-process color" [] {
    [ "auto" "always" "never" ]
  }

  # Print a profile's credentials as SDKs expect them of a `credential_process`
  export extern "awstok credential-process" [
    --profile(-p): string     # The same, as in the AWS CLI
    --yes(-y)                 # Answer yes where a profile with `guard = confirm` asks
    --confirm: string         # Answer a profile with `guard = type-name`
    --write                   # Lift `guard = read-only`, after a confirmation
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok credential-process color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok serve shell" [] {
    [ "bash" "zsh" "sh" "fish" "powershell" "cmd" "nu" "elvish" "tcsh" "xonsh" ]
  }

  def "nu-complete awstok serve color" [] {
    [ "auto" "always" "never" ]
  }

  # Serve a profile's credentials to the SDKs of this machine, and keep them fresh
  export extern "awstok serve" [
    --profile(-p): string     # The same, as in the AWS CLI
    --yes(-y)                 # Answer yes where a profile with `guard = confirm` asks
    --confirm: string         # Answer a profile with `guard = type-name`
    --write                   # Lift `guard = read-only`, after a confirmation
    --address: string         # Where to listen, on loopback only; without a port, or with port 0, on a free one
    --imds                    # Speak as the instance metadata of EC2 does, version 2
    --allow-v1                # With --imds: also answer version 1, which knows no tokens
    --token-file: path        # Write the token there (0600), print the file's name instead, and remove it at the end
    --shell: string@"nu-complete awstok serve shell" # The shell to write for, as in `awstok env` [default: the parent process, else $SHELL]
    --json                    # Print the variables as one JSON object
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok serve color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok list color" [] {
    [ "auto" "always" "never" ]
  }

  # List the profiles
  export extern "awstok list" [
    --json                    # Print JSON: [{"profile","kind","account_id","role_arn","master_profile","region","description","file","error"}]
    --names                   # Print only the names of awstok's own profiles
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok list color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete awstok status color" [] {
    [ "auto" "always" "never" ]
  }

  # Show which sessions are valid, and for how long
  export extern "awstok status" [
    --profile(-p): string     # One more, as in the AWS CLI
    --min: string             # Exit with 4 when less than this is left
    --watch(-w)               # Stay, and show what changes
    --json                    # Print JSON: [{"profile","status":"valid|expired|none|long-term|config|invalid","expiration","seconds_left","account_id","arn","error"}]
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok status color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # The profiles [default: all]
  ]

  def "nu-complete awstok doctor color" [] {
    [ "auto" "always" "never" ]
  }

  # Say where SDKs get a profile's credentials from, and what is wrong
  export extern "awstok doctor" [
    --profile(-p): string     # The same, as in the AWS CLI
    --fix                     # Mend what is safe to mend, after showing the diff
    --offline                 # Ask neither AWS for its time nor the instance metadata service
    --json                    # Print JSON: {"profile","winner","chain":[{"source","present","wins","refreshes","detail"}],"findings":[{"id","severity","profile","file","line","message","fix","fixable","fixed"}]}
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok doctor color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWS_PROFILE, AWS_DEFAULT_PROFILE, else `default`]
  ]

  def "nu-complete awstok explain color" [] {
    [ "auto" "always" "never" ]
  }

  # Show step by step how a profile's credentials come about
  export extern "awstok explain" [
    --profile(-p): string     # The same, as in the AWS CLI
    --json                    # Print JSON: {"profile","source":{"kind","profile","access_key_id","detail","cached","expiration"},"steps":[{"call","profile","role_arn","mfa_id","duration_seconds","cached","expiration"}],"region","reasons"}
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok explain color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok whoami color" [] {
    [ "auto" "always" "never" ]
  }

  # Ask AWS who a profile's credentials belong to (GetCallerIdentity)
  export extern "awstok whoami" [
    --profile(-p): string     # The same, as in the AWS CLI
    --json                    # Print JSON: {"profile","account_id","arn","user_id"}
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok whoami color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok prompt color" [] {
    [ "auto" "always" "never" ]
  }

  # Print one short line for a shell prompt: the profile in this shell and the time it has left
  export extern "awstok prompt" [
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok prompt color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete awstok console color" [] {
    [ "auto" "always" "never" ]
  }

  # Sign in to the AWS console with a profile's session
  export extern "awstok console" [
    --profile(-p): string     # The same, as in the AWS CLI
    --yes(-y)                 # Answer yes where a profile with `guard = confirm` asks
    --confirm: string         # Answer a profile with `guard = type-name`
    --write                   # Lift `guard = read-only`, after a confirmation
    --service: string         # The service to begin with, as in the console's address: s3, ec2, cloudwatch …
    --destination: string     # The page to begin with, any of the partition's console
    --duration: string        # How long the console stays open, 15m to 12h
    --print                   # Print the URL instead; it lets whoever has it in, for 15 minutes
    --browser: string         # The browser's command
    --json                    # Print JSON: {"profile","url","expires"}
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok console color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok switchrole-url format" [] {
    [ "url" "html" "aesr" "json" ]
  }

  # Print links that switch to a role in the AWS console
  export extern "awstok switchrole-url" [
    --profile(-p): string     # The same, as in the AWS CLI
    --display-name: string    # What the console shows instead of the profile's name
    --color: string           # The colour in which the console shows the role
    --format: string@"nu-complete awstok switchrole-url format" # What to print
    --json                    # The same as `--format json`
    --qr                      # Draw the URL as a QR code, too, on stderr
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: every role profile; for one URL on a terminal, a choice]
  ]

  def "nu-complete awstok profile color" [] {
    [ "auto" "always" "never" ]
  }

  # Make, change, show and remove profiles
  export extern "awstok profile" [
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok profile color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete awstok profile add kind" [] {
    [ "user" "role" "sso" "process" "config" ]
  }

  def "nu-complete awstok profile add store" [] {
    [ "file" "keyring" "passphrase" ]
  }

  def "nu-complete awstok profile add color" [] {
    [ "auto" "always" "never" ]
  }

  # Make a profile
  export extern "awstok profile add" [
    --kind: string@"nu-complete awstok profile add kind" # What it is [default: what the keys say]
    --access-key-id: string   # long-term access key of an IAM user
    --mfa-id: string          # ARN or serial number of the MFA device
    --mfa-serial: string      # the same as `--mfa-id`
    --mfa-type: string        # where its codes come from: prompt, virtual, yubikey or command
    --mfa-command: string     # the command that prints a code
    --mfa-process: string     # the same as `--mfa-command`
    --mfa-account: string     # its account on the YubiKey, as `ykman oath accounts list` has it
    --role-name: string       # role to assume: a name beside `account_id`, or an ARN
    --role-arn: string        # the same as `--role-name`
    --partition: string       # partition of the role, such as aws-cn
    --master-profile: string  # profile whose credentials assume the role
    --source-profile: string  # the same as `--master-profile`
    --account-id: string      # account, twelve digits
    --region: string          # region
    --output: string          # output format of the AWS CLI
    --duration: string        # lifetime of a session, such as 12h or 45m
    --duration-seconds: string # the same as `--duration`
    --external-id: string     # external id, as in AssumeRole
    --role-session-name: string # name of the role's session
    --source-identity: string # source identity, as in AssumeRole
    --session-tags: string    # session tags: k=v,k=v
    --transitive-session-tags: string # those of them that a chain passes on
    --session-policy: string  # session policy: JSON, or a file
    --session-policy-arns: string # managed policies that limit the session
    --sso-session: string     # `[sso-session]` of the config file
    --sso-start-url: string   # address of the access portal
    --sso-region: string      # region of IAM Identity Center
    --sso-account-id: string  # account to sign in to
    --sso-role-name: string   # role to sign in as
    --credential-source: string # the machine's own credentials: Environment, Ec2InstanceMetadata or EcsContainer
    --credential-process: string # program that prints credentials
    --web-identity-token-file: string # file with the token of a web identity
    --auto-refresh: string    # yes: SDKs call awstok themselves
    --session: string         # none: hand out the long-term credentials
    --guard: string           # ask or limit before handing out: confirm, type-name or read-only
    --secret-store: string    # where the secret access key is kept: file, keyring or passphrase
    --mfa-store: string       # where the TOTP seed is kept: file, keyring or passphrase
    --cache: string           # where sessions are kept: file, keyring, passphrase or none
    --description: string     # words for lists and prompts
    --set: string             # Set any key; a secret is never an argument
    --secret-stdin            # Read the secret access key from standard input
    --store: string@"nu-complete awstok profile add store" # Where the secret access key is kept
    --force                   # Replace a profile of that name
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok profile add color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The new profile's name
  ]

  def "nu-complete awstok profile edit color" [] {
    [ "auto" "always" "never" ]
  }

  # Change a profile
  export extern "awstok profile edit" [
    --access-key-id: string   # long-term access key of an IAM user
    --mfa-id: string          # ARN or serial number of the MFA device
    --mfa-serial: string      # the same as `--mfa-id`
    --mfa-type: string        # where its codes come from: prompt, virtual, yubikey or command
    --mfa-command: string     # the command that prints a code
    --mfa-process: string     # the same as `--mfa-command`
    --mfa-account: string     # its account on the YubiKey, as `ykman oath accounts list` has it
    --role-name: string       # role to assume: a name beside `account_id`, or an ARN
    --role-arn: string        # the same as `--role-name`
    --partition: string       # partition of the role, such as aws-cn
    --master-profile: string  # profile whose credentials assume the role
    --source-profile: string  # the same as `--master-profile`
    --account-id: string      # account, twelve digits
    --region: string          # region
    --output: string          # output format of the AWS CLI
    --duration: string        # lifetime of a session, such as 12h or 45m
    --duration-seconds: string # the same as `--duration`
    --external-id: string     # external id, as in AssumeRole
    --role-session-name: string # name of the role's session
    --source-identity: string # source identity, as in AssumeRole
    --session-tags: string    # session tags: k=v,k=v
    --transitive-session-tags: string # those of them that a chain passes on
    --session-policy: string  # session policy: JSON, or a file
    --session-policy-arns: string # managed policies that limit the session
    --sso-session: string     # `[sso-session]` of the config file
    --sso-start-url: string   # address of the access portal
    --sso-region: string      # region of IAM Identity Center
    --sso-account-id: string  # account to sign in to
    --sso-role-name: string   # role to sign in as
    --credential-source: string # the machine's own credentials: Environment, Ec2InstanceMetadata or EcsContainer
    --credential-process: string # program that prints credentials
    --web-identity-token-file: string # file with the token of a web identity
    --auto-refresh: string    # yes: SDKs call awstok themselves
    --session: string         # none: hand out the long-term credentials
    --guard: string           # ask or limit before handing out: confirm, type-name or read-only
    --secret-store: string    # where the secret access key is kept: file, keyring or passphrase
    --mfa-store: string       # where the TOTP seed is kept: file, keyring or passphrase
    --cache: string           # where sessions are kept: file, keyring, passphrase or none
    --description: string     # words for lists and prompts
    --set: string             # Set any key; a secret is never an argument
    --unset: string           # Take a key out
    --secret-stdin            # Read the secret access key from standard input
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok profile edit color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name: string              # The profile
  ]

  def "nu-complete awstok profile show color" [] {
    [ "auto" "always" "never" ]
  }

  # Show what a profile's file says
  export extern "awstok profile show" [
    --profile(-p): string     # The same, as in the AWS CLI
    --show-secrets            # Show secrets too
    --json                    # Print JSON: {"profile","file","kind","keys":{"KEY":"VALUE"},"secret_store","mfa_store"}; a secret is null unless shown
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok profile show color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok profile rename color" [] {
    [ "auto" "always" "never" ]
  }

  # Give a profile another name
  export extern "awstok profile rename" [
    --force                   # Replace a profile of that name
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok profile rename color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    old: string               # The profile
    new: string               # Its new name
  ]

  def "nu-complete awstok profile copy color" [] {
    [ "auto" "always" "never" ]
  }

  # Copy a profile under another name
  export extern "awstok profile copy" [
    --access-key-id: string   # long-term access key of an IAM user
    --mfa-id: string          # ARN or serial number of the MFA device
    --mfa-serial: string      # the same as `--mfa-id`
    --mfa-type: string        # where its codes come from: prompt, virtual, yubikey or command
    --mfa-command: string     # the command that prints a code
    --mfa-process: string     # the same as `--mfa-command`
    --mfa-account: string     # its account on the YubiKey, as `ykman oath accounts list` has it
    --role-name: string       # role to assume: a name beside `account_id`, or an ARN
    --role-arn: string        # the same as `--role-name`
    --partition: string       # partition of the role, such as aws-cn
    --master-profile: string  # profile whose credentials assume the role
    --source-profile: string  # the same as `--master-profile`
    --account-id: string      # account, twelve digits
    --region: string          # region
    --output: string          # output format of the AWS CLI
    --duration: string        # lifetime of a session, such as 12h or 45m
    --duration-seconds: string # the same as `--duration`
    --external-id: string     # external id, as in AssumeRole
    --role-session-name: string # name of the role's session
    --source-identity: string # source identity, as in AssumeRole
    --session-tags: string    # session tags: k=v,k=v
    --transitive-session-tags: string # those of them that a chain passes on
    --session-policy: string  # session policy: JSON, or a file
    --session-policy-arns: string # managed policies that limit the session
    --sso-session: string     # `[sso-session]` of the config file
    --sso-start-url: string   # address of the access portal
    --sso-region: string      # region of IAM Identity Center
    --sso-account-id: string  # account to sign in to
    --sso-role-name: string   # role to sign in as
    --credential-source: string # the machine's own credentials: Environment, Ec2InstanceMetadata or EcsContainer
    --credential-process: string # program that prints credentials
    --web-identity-token-file: string # file with the token of a web identity
    --auto-refresh: string    # yes: SDKs call awstok themselves
    --session: string         # none: hand out the long-term credentials
    --guard: string           # ask or limit before handing out: confirm, type-name or read-only
    --secret-store: string    # where the secret access key is kept: file, keyring or passphrase
    --mfa-store: string       # where the TOTP seed is kept: file, keyring or passphrase
    --cache: string           # where sessions are kept: file, keyring, passphrase or none
    --description: string     # words for lists and prompts
    --set: string             # Set any key; a secret is never an argument
    --force                   # Replace a profile of that name
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok profile copy color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    old: string               # The profile
    new: string               # The copy's name
  ]

  def "nu-complete awstok profile remove color" [] {
    [ "auto" "always" "never" ]
  }

  # Remove profiles
  export extern "awstok profile remove" [
    --yes(-y)                 # Don't ask
    --force                   # Remove them even where other profiles name them as master
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok profile remove color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # The profiles
  ]

  def "nu-complete awstok profile import store" [] {
    [ "file" "keyring" "passphrase" ]
  }

  def "nu-complete awstok profile import color" [] {
    [ "auto" "always" "never" ]
  }

  # Make profile files of the profiles in the AWS config and credentials files
  export extern "awstok profile import" [
    --all                     # All of them
    --store: string@"nu-complete awstok profile import store" # Where the secret access keys are kept
    --dry-run                 # Show the diff and change nothing
    --clean                   # Take long-term keys, `role_arn`, `source_profile`, `credential_source` and `mfa_serial` out of the AWS files
    --force                   # Replace profile files that exist
    --yes(-y)                 # Import all without asking, where none is named
    --json                    # Print JSON: [{"profile","kind","status":"imported|exists|skipped","reason","file"}]
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok profile import color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # The profiles
  ]

  def "nu-complete awstok mfa color" [] {
    [ "auto" "always" "never" ]
  }

  # Let codes come by themselves; enroll, list and remove MFA devices
  export extern "awstok mfa" [
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok mfa color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete awstok mfa add store" [] {
    [ "file" "keyring" "passphrase" ]
  }

  def "nu-complete awstok mfa add color" [] {
    [ "auto" "always" "never" ]
  }

  # Store the TOTP seed of a device, so that its codes come by themselves
  export extern "awstok mfa add" [
    --profile(-p): string     # The same, as in the AWS CLI
    --secret-stdin            # Read the seed from standard input
    --store: string@"nu-complete awstok mfa add store" # Where the seed is kept [default: the keyring if one answers, else under a passphrase]
    --mfa-id: string          # The device's ARN or serial number
    --force                   # Replace a seed that is stored already
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok mfa add color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok mfa code color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the code of a device, from its seed, the YubiKey or the command
  export extern "awstok mfa code" [
    --profile(-p): string     # The same, as in the AWS CLI
    --at: string              # The code of that moment (RFC 3339, or Unix seconds), from a seed only
    --json                    # Print JSON: {"profile","mfa_id","code","seconds_left"}
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok mfa code color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok mfa list color" [] {
    [ "auto" "always" "never" ]
  }

  # List the MFA devices of an IAM user
  export extern "awstok mfa list" [
    --profile(-p): string     # The same, as in the AWS CLI
    --json                    # Print JSON: [{"serial","type","enabled","in_use","seed_stored"}]
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok mfa list color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok mfa enroll store" [] {
    [ "file" "keyring" "passphrase" ]
  }

  def "nu-complete awstok mfa enroll color" [] {
    [ "auto" "always" "never" ]
  }

  # Make a virtual MFA device for an IAM user, and let its codes come by themselves
  export extern "awstok mfa enroll" [
    --profile(-p): string     # The same, as in the AWS CLI
    --device-name: string     # The device's name [default: the user's]
    --store: string@"nu-complete awstok mfa enroll store" # Where the seed is kept [default: the keyring if one answers, else under a passphrase]
    --no-qr                   # Draw no QR code
    --force                   # Add a device although the profile names one
    --json                    # Print JSON: {"profile","serial","store"}
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok mfa enroll color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok mfa resync color" [] {
    [ "auto" "always" "never" ]
  }

  # Send two consecutive codes to IAM, for a device that is out of step
  export extern "awstok mfa resync" [
    --profile(-p): string     # The same, as in the AWS CLI
    --code1: string           # A code of the device
    --code2: string           # The code after it
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok mfa resync color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok mfa remove color" [] {
    [ "auto" "always" "never" ]
  }

  # Forget the seed of a device; with `--from-iam`, take the device away too
  export extern "awstok mfa remove" [
    --profile(-p): string     # The same, as in the AWS CLI
    --from-iam                # Also deactivate and delete the device, and drop `mfa_id`
    --yes(-y)                 # Don't ask
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok mfa remove color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok sso color" [] {
    [ "auto" "always" "never" ]
  }

  # Sign in to IAM Identity Center, and see to its sign-ins
  export extern "awstok sso" [
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok sso color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete awstok sso login color" [] {
    [ "auto" "always" "never" ]
  }

  # Sign in to IAM Identity Center
  export extern "awstok sso login" [
    --profile(-p): string     # The same, as in the AWS CLI
    --session: string         # The sign-in itself: the NAME of an `[sso-session NAME]` in the config file
    --no-browser              # Print the address and wait, without opening a browser
    --use-device-code         # Show a code to compare in any browser, even where the browser could come back here
    --force                   # Sign in anew, even where a good sign-in is there
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok sso login color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # A profile that uses the sign-in [default: the only sign-in there is, else a choice]
  ]

  def "nu-complete awstok sso status color" [] {
    [ "auto" "always" "never" ]
  }

  # Show the sign-ins to IAM Identity Center, and how long each lasts
  export extern "awstok sso status" [
    --profile(-p): string     # The same, as in the AWS CLI
    --session: string         # The sign-in itself: the NAME of an `[sso-session NAME]` in the config file
    --json                    # Print JSON: [{"session","start_url","region","expires_at","seconds_left","refreshable"}]
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok sso status color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # A profile that uses the sign-in [default: all sign-ins]
  ]

  def "nu-complete awstok sso logout color" [] {
    [ "auto" "always" "never" ]
  }

  # End a sign-in to IAM Identity Center
  export extern "awstok sso logout" [
    --profile(-p): string     # The same, as in the AWS CLI
    --session: string         # The sign-in itself: the NAME of an `[sso-session NAME]` in the config file
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok sso logout color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # A profile that uses the sign-in [default: the only sign-in there is, else a choice]
  ]

  def "nu-complete awstok sso accounts color" [] {
    [ "auto" "always" "never" ]
  }

  # List the accounts and roles that are yours
  export extern "awstok sso accounts" [
    --profile(-p): string     # The same, as in the AWS CLI
    --session: string         # The sign-in itself: the NAME of an `[sso-session NAME]` in the config file
    --json                    # Print JSON: [{"account_id","account_name","email","roles":["…"]}]
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok sso accounts color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # A profile that uses the sign-in [default: the only sign-in there is, else a choice]
  ]

  def "nu-complete awstok sso populate color" [] {
    [ "auto" "always" "never" ]
  }

  # Make a profile for each account and role that is yours
  export extern "awstok sso populate" [
    --profile(-p): string     # The same, as in the AWS CLI
    --session: string         # The sign-in itself: the NAME of an `[sso-session NAME]` in the config file
    --name: string            # What the profiles are called, of {account_name} {account_id} {role} {session}
    --account: string         # Only this account, by id or name; may be given again
    --role: string            # Only this role; may be given again
    --region: string          # The region of the profiles [default: that of the settings, else the sign-in's]
    --prune                   # Take away profiles made by this command whose account or role is no longer yours
    --dry-run                 # Show the diff and change nothing
    --json                    # Print JSON: [{"profile","account_id","role","status":"populated|exists|skipped|pruned","reason","file"}]
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok sso populate color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # A profile that uses the sign-in [default: the only sign-in there is, else a choice]
  ]

  def "nu-complete awstok rotate color" [] {
    [ "auto" "always" "never" ]
  }

  # Replace the access key of an IAM user
  export extern "awstok rotate" [
    --profile(-p): string     # The same, as in the AWS CLI
    --keep-old                # Leave the old key there, inactive
    --delete-key: string      # Delete the user's other key first
    --wait: string            # How long AWS may take to know the new key
    --yes(-y)                 # Don't ask
    --json                    # Print JSON: {"profile","old_key","new_key","steps":{"create":"done|failed|skipped",…},"resumed"}
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok rotate color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok secret color" [] {
    [ "auto" "always" "never" ]
  }

  # Keep a profile's secrets elsewhere than in its file
  export extern "awstok secret" [
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok secret color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete awstok secret move to" [] {
    [ "file" "keyring" "passphrase" ]
  }

  def "nu-complete awstok secret move color" [] {
    [ "auto" "always" "never" ]
  }

  # Move the secret access key and the MFA seed of a profile to another place
  export extern "awstok secret move" [
    --profile(-p): string     # The same, as in the AWS CLI
    --all                     # Every profile that has secrets
    --to: string@"nu-complete awstok secret move to" # Where they are kept from now on
    --yes(-y)                 # Move them into the profile file, in clear, without asking
    --json                    # Print JSON: {"profile","from","to","moved":["aws_secret_access_key","mfa_secret"]}, with `--all` a list of these
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok secret move color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile
  ]

  def "nu-complete awstok supervise restart" [] {
    [ "always" "on-expiry" ]
  }

  def "nu-complete awstok supervise color" [] {
    [ "auto" "always" "never" ]
  }

  # Run a command with fresh credentials, and start it again before they expire
  export extern "awstok supervise" [
    --profile(-p): string     # The same, as in the AWS CLI
    --yes(-y)                 # Answer yes where a profile with `guard = confirm` asks
    --confirm: string         # Answer a profile with `guard = type-name`
    --write                   # Lift `guard = read-only`, after a confirmation
    --restart-before: string  # How long before their end later credentials are looked for; half their lifetime at most
    --grace: string           # How long COMMAND gets to end before it is killed
    --restart: string@"nu-complete awstok supervise restart" # When COMMAND is started again
    --no-verify               # Take credentials as they come, without GetCallerIdentity
    --expiry-file: path       # Write the present expiration to this file (RFC 3339), each time before COMMAND is started with it
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok supervise color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok systemd-unit restart" [] {
    [ "always" "on-expiry" ]
  }

  def "nu-complete awstok systemd-unit color" [] {
    [ "auto" "always" "never" ]
  }

  # Print a systemd unit that keeps a command alive across the expiry of its credentials
  export extern "awstok systemd-unit" [
    --profile(-p): string     # The same, as in the AWS CLI
    --user: string            # Who runs it [default: the current user]
    --restart-before: string  # How long before their end later credentials are looked for; half their lifetime at most
    --grace: string           # How long COMMAND gets to end before it is killed
    --restart: string@"nu-complete awstok systemd-unit restart" # When COMMAND is started again
    --no-verify               # Take credentials as they come, without GetCallerIdentity
    --yes(-y)                 # Answer yes where a profile with `guard = confirm` asks
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok systemd-unit color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # The profile [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok sync color" [] {
    [ "auto" "always" "never" ]
  }

  # Regenerate the config file from the profile files
  export extern "awstok sync" [
    --dry-run                 # Show the diff and change nothing
    --json                    # Print JSON: {"changed":["FILE"]}, or {"diff":"DIFF"} of a dry run
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok sync color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete awstok clear color" [] {
    [ "auto" "always" "never" ]
  }

  # Forget sessions and take their keys out of the credentials file
  export extern "awstok clear" [
    --profile(-p): string     # One more, as in the AWS CLI
    --all                     # Every profile
    --json                    # Print JSON: {"cleared":["PROFILE"],"sessions":N}
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok clear color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # The profiles
  ]

  def "nu-complete awstok undo color" [] {
    [ "auto" "always" "never" ]
  }

  # Put back what the last run changed, all its files together
  export extern "awstok undo" [
    --list                    # List what can be undone, oldest first
    --force                   # Put back the files even where someone else changed them since
    --json                    # Print JSON: the list, or {"undone":ID,"command","files":["FILE"]}
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok undo color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete awstok log color" [] {
    [ "auto" "always" "never" ]
  }

  # Show what was handed out, when, and to which program
  export extern "awstok log" [
    --profile(-p): string     # The same, as in the AWS CLI
    --since: string           # Only what was handed out so long ago or later, such as `8h` or `7d`
    --limit: string           # Only the newest N entries
    --json                    # Print JSON: [{"time","profile","command","to","account_id","arn","expiration","status":"fetched|reused","key_id_end"}]
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok log color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    name?: string             # Only what was handed out of this profile [default: of all]
  ]

  def "nu-complete awstok watch color" [] {
    [ "auto" "always" "never" ]
  }

  # Keep the credentials in the AWS files fresh
  export extern "awstok watch" [
    --profile(-p): string     # One more, as in the AWS CLI
    --all                     # Every profile, those that appear later too
    --once                    # Make one pass and end; exit code 1 where a profile failed
    --yes(-y)                 # Answer yes where a profile with `guard = confirm` asks
    --confirm: string         # Answer a profile with `guard = type-name`
    --write                   # Lift `guard = read-only`, after a confirmation
    --json                    # Print a line of JSON an event, and with `--once` what `token --json` prints
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok watch color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # The profiles [default: AWSTOK_PROFILE, then `default_profile` in the settings, then a choice]
  ]

  def "nu-complete awstok init shell" [] {
    [ "bash" "zsh" "fish" "powershell" "nu" "elvish" ]
  }

  def "nu-complete awstok init color" [] {
    [ "auto" "always" "never" ]
  }

  # Print what a shell's login file needs for `awsuse`
  export extern "awstok init" [
    --no-hook                 # Leave out what is said before prompts
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok init color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    shell: string@"nu-complete awstok init shell" # The shell
  ]

  def "nu-complete awstok completions shell" [] {
    [ "bash" "zsh" "fish" "powershell" "elvish" "nushell" ]
  }

  def "nu-complete awstok completions color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the completion script of a shell
  export extern "awstok completions" [
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok completions color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
    shell: string@"nu-complete awstok completions shell" # The shell
  ]

  def "nu-complete awstok sandbox color" [] {
    [ "auto" "always" "never" ]
  }

  # Run a command, or a shell, against a local stand-in for AWS
  export extern "awstok sandbox" [
    --code                    # Print the code that the authenticator of the surrounding sandbox shows
    --approve: string         # Approve the sign-in whose page in the surrounding sandbox is at URL
    --no-input                # Never ask; fail with exit code 5 where an answer is needed (also AWSTOK_NO_INPUT=1)
    --mfa-code: string        # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --mfa-token: string       # The MFA code, for scripts; `-` reads it from standard input (also AWSTOK_MFA_CODE)
    --quiet(-q)               # Say less: only warnings and errors
    --verbose(-v)             # Say more; twice for every call and file
    --color: string@"nu-complete awstok sandbox color" # When to colour: on a terminal unless NO_COLOR is set, always, or never
    --help(-h)                # Print help (see more with '--help')
  ]

}

export use completions *
