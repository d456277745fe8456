console.log(`the input is ${process.env.INPUT_VALUE}`)
