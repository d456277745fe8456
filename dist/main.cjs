require('./index.cjs').main()
