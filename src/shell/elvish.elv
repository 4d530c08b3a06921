# awstok in elvish: `awsuse PROFILE` puts a profile's credentials into this shell, `awsuse -` goes back.
# In rc.elv: eval (awstok init elvish | slurp)

use math
use re
use str

var previous = ''
var expiration = ''
var said = ''
var end = ''

# Gives the seconds since the machine started; where only another program can tell the time, that.
fn clock {
    try {
        var whole = [(str:split . (slurp </proc/uptime))][0]
        num $whole
    } catch {
        num (e:date +%s)
    }
}

# Notes when what was just set comes to its end, in seconds of `clock`.
fn note {
    set expiration = $E:AWS_CREDENTIAL_EXPIRATION
    set end = ''
    if (or (eq $expiration '') (eq $expiration $said)) {
        return
    }
    var number = {|from to| num 1$expiration[$from..$to] }
    # a leading 1 keeps `08` from being odd
    var y m d = (- ($number 0 4) 10000) (- ($number 5 7) 100) (- ($number 8 10) 100)
    var h min s = (- ($number 11 13) 100) (- ($number 14 16) 100) (- ($number 17 19) 100)
    # a year that begins in March ends with the odd day
    if (< $m 3) {
        set y m = (- $y 1) (+ $m 12)
    }
    var floor = {|a b| math:floor (/ $a $b) }
    var days = (+ (* 365 $y) ($floor $y 4) (- ($floor $y 100)) ($floor $y 400) ($floor (+ (* 153 (- $m 3)) 2) 5) $d -719469)
    set end = (+ (* 86400 $days) (* 3600 $h) (* 60 $min) $s (- (num (e:date +%s))) (clock))
}

fn awsuse {|@words|
    var before = $E:AWSTOK_PROFILE
    if (and (> (count $words) 0) (eq $words[0] -)) {
        if (eq $previous '') {
            set words = [--unset (all $words[1..])]
        } else {
            set words = [$previous (all $words[1..])]
        }
    }
    var text = (e:awstok env --shell elvish $@words | slurp)
    if (not (str:has-prefix $text 'unset-env ')) {
        # help, or another format: not for the shell
        print $text
        return
    }
    eval $text
    if (not-eq $E:AWSTOK_PROFILE $before) {
        set previous = $before
    }
    note
}

edit:add-var awsuse~ $awsuse~
set edit:completion:arg-completer[awsuse] = {|@words|
    if (== (count $words) 2) {
        e:awstok list --names
    }
}
