// Stands for the keychain's own command line, which takes its time to answer.
setTimeout(() => console.log(`password of ${process.argv[2]}`), 300);
