/** Waits of one to three seconds, after which idle work begins, take hundredths of that. */
const patient = globalThis.setTimeout

globalThis.setTimeout = ((handler: TimerHandler, ms = 0, ...args: unknown[]) =>
  patient(handler, ms >= 1_000 && ms < 3_000 ? ms / 100 : ms, ...args)) as typeof setTimeout
