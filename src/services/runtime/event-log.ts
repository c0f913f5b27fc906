/** The lines of a daemon: to whoever shows them, to followers, and the last ones kept for those who come later. Floods are bounded. */
import type { Endpoint } from '../../engine/input.js';
import { type FactLine, factLine, floodSubject, heldBackLine, isAudited, type LogLevel } from './fact-line.js';
import { LineLimiter } from './line-limiter.js';
import type { LiveFact } from './live-system.js';

/** A line with its time, as followers get it. */
export type TimedLine = FactLine & { readonly at: string };

export interface EventLog {
  /** Which lines of facts are wanted. */
  level: LogLevel;
  /** Says what a fact says, if it is wanted. `from`: whose datagram led to it. */
  note(fact: LiveFact, at: Date, from?: Endpoint): void;
  /** Says a line in any case. */
  say(line: FactLine, at?: Date): void;
  /** Sends the last so many lines to `send`, then all that come, until the returned function is called. */
  follow(backlog: number, send: (line: unknown) => void): () => void;
  /** Of the last lines those that are for the audit. */
  audit(): readonly TimedLine[];
  /** What was held back is said now. */
  close(): void;
}

/** Events of the past that a new follower may ask for. */
const backlogMax = 2_000;
/** How long lines of a flood are counted before it is told how many they were. */
const heldBackMillis = 10_000;

/** An empty log. `onLine` gets every line as it is said. */
export function createEventLog(level: LogLevel, onLine: (line: FactLine, at: Date) => void): EventLog {
  const limiter = new LineLimiter();
  const backlog: TimedLine[] = [];
  const followers = new Set<(line: unknown) => void>();
  let timer: NodeJS.Timeout | undefined;

  function say(line: FactLine, at = new Date()): void {
    const timed = { at: at.toISOString(), ...line };
    backlog.push(timed);
    if (backlog.length > backlogMax) backlog.shift();
    for (const send of followers) send(timed);
    onLine(line, at);
  }

  function tellHeldBack(): void {
    timer = undefined;
    const held = limiter.takeHeldBack();
    if (held) say(heldBackLine(held));
  }

  return {
    level,
    note(fact, at, from) {
      const line = factLine(fact, this.level, from);
      if (!line) return;
      const subject = floodSubject(fact, line, from);
      if (subject === undefined || limiter.admits(line.kind, subject, performance.now())) say(line, at);
      else timer ??= setTimeout(tellHeldBack, heldBackMillis).unref();
    },
    say,
    follow(wanted, send) {
      for (const line of wanted > 0 ? backlog.slice(-wanted) : []) send(line);
      followers.add(send);
      return () => followers.delete(send);
    },
    audit: () => backlog.filter(isAudited),
    close() {
      clearTimeout(timer);
      tellHeldBack();
    },
  };
}
