/** When a request that got no answer is sent again, and how long a peer has in all. */

/** The schedule of a product. */
export interface RetransmissionSchedule {
  /** Before the first repetition, in milliseconds. */
  readonly firstMillis: number;
  /** Each later wait is so many times the one before. */
  readonly factor: number;
  /** Repetitions after the first sending. */
  readonly repetitions: number;
  /** No wait is longer, in milliseconds; absent: no bound. */
  readonly longestMillis?: number;
  /** The first wait comes twice, and only then do waits grow. */
  readonly firstTwice?: boolean;
}

/** The wait after the `repetition`th sending, the first of which has number 0; in milliseconds. */
export function retransmissionWait(
  { firstMillis, factor, longestMillis, firstTwice }: RetransmissionSchedule,
  repetition: number,
): number {
  const growth = firstTwice ? Math.max(0, repetition - 1) : repetition;
  return Math.round(Math.min(firstMillis * factor ** growth, longestMillis ?? Number.POSITIVE_INFINITY));
}

/** Milliseconds from the first sending until a request is given up: the last wait is behind the last repetition. */
export function patience(schedule: RetransmissionSchedule): number {
  let sum = 0;
  for (let repetition = 0; repetition <= schedule.repetitions; repetition += 1)
    sum += retransmissionWait(schedule, repetition);
  return sum;
}
