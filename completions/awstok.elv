
set edit:completion:arg-completer[awstok] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) AWSTOK_COMPLETE="elvish" awstok -- $@words) | to-lines
}

