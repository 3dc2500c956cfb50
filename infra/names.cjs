// onboarding-api -> OnboardingApi, as the names of resources go.
exports.pascalCase = (key) => key.replace(/(^|-)(\w)/g, (_match, _dash, letter) => letter.toUpperCase());

// Every queue that somebody must look at when it holds a message.
exports.deadLetterQueues = [
  "OnboardingDeadLetters",
  "QuotaDeadLetters",
  "LifecycleDeadLetters",
  "TeardownDeadLetters",
  "GrantsDeadLetters",
  "AccessDeadLetters",
  "SbtDeadLetters",
  "ReconcileDeadLetters",
  "ReconcileBulkDeadLetters",
  "DriftDeadLetters",
  "OutboxDeadLetters",
  "UnroutedQueue",
  "UnroutedDeadLetters",
];
