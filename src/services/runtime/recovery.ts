/**
 * A data path that has failed for good (its device was deleted, a thread of it is gone) is started again: at once, then less and less
 * often, until it works. What is to be protected stays blocked meanwhile. Keys are not used again: nobody knows which sequence numbers
 * went out, so that all SAs are negotiated anew.
 */

/** As `runtime status` shows it. */
export interface Interruption {
  readonly since: string;
  /** What failed last. */
  readonly why: string;
  /** Starts that failed. */
  readonly tries: number;
}

export interface RecoveryOptions {
  /** Ends what is left of the data path with everything blocked, and starts it again. Rejects with why that fails. */
  restart(): Promise<void>;
  /** Another start failed, and the next comes in so many milliseconds. */
  failed(why: string, waitMillis: number): void;
  /** It carries packets again after so many starts that failed. */
  recovered(tries: number): void;
}

export interface Recovery {
  /** What is going on; absent when all is well. */
  readonly interruption: Interruption | undefined;
  /** The data path says that it carries nothing any more. Further ones before it works again change nothing. */
  begin(why: string): void;
  /** It was started by somebody else, by a reload for one. */
  end(): void;
  /** No further starts; ends once one that is under way is over. */
  stop(): Promise<void>;
}

const firstWaitMillis = 250;
const longestWaitMillis = 60_000;

/** Nothing happens until `begin`. */
export function createRecovery({ restart, failed, recovered }: RecoveryOptions): Recovery {
  let interruption: Interruption | undefined;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isStopped = false;

  function after(waitMillis: number): void {
    timer = setTimeout(() => {
      running = attempt().finally(() => {
        running = undefined;
      });
    }, waitMillis);
  }

  async function attempt(): Promise<void> {
    const before = interruption;
    if (!before || isStopped) return;
    try {
      await restart();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const tries = before.tries + 1;
      interruption = { ...before, why, tries };
      if (isStopped) return;
      const wait = Math.min(longestWaitMillis, firstWaitMillis * 2 ** tries);
      failed(why, wait);
      after(wait);
      return;
    }
    interruption = undefined;
    recovered(before.tries);
  }

  function forget(): void {
    clearTimeout(timer);
    timer = undefined;
    interruption = undefined;
  }

  return {
    get interruption() {
      return interruption;
    },
    begin(why) {
      if (interruption || isStopped) return;
      interruption = { since: new Date().toISOString(), why, tries: 0 };
      // Not at once: both threads may be about to say the same, and a device that goes each time must not make a busy loop.
      after(firstWaitMillis);
    },
    end: forget,
    async stop() {
      isStopped = true;
      forget();
      await running;
    },
  };
}
