complete --keep-order --exclusive --command awstok --arguments "(AWSTOK_COMPLETE=fish awstok -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
