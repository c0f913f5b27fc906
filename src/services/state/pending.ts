/**
 * A change that waits for `ipsec confirm`. Its time is counted by the kernel's clock since the machine was started: setting the date changes
 * nothing, and the time that the machine sleeps counts.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { damaged, readIfThere, removeDurably, writeDurably } from './durable.js';
import { whereWeAre } from './registry.js';

const pendingSchema = z.object({
  schemaVersion: z.literal(1),
  id: z.string(),
  /** Of the state that waits, and of the one to go back to. */
  serial: z.int().min(1),
  previous: z.int().min(0),
  bootId: z.string(),
  /** In `bootMillis`. */
  deadline: z.number(),
  /** For people. */
  until: z.string(),
  /** Of the process that waits. */
  process: z.int().min(1),
});

export type Pending = Readonly<z.infer<typeof pendingSchema>>;

function fileOf(folder: string): string {
  return path.join(folder, 'pending.json');
}

/** Milliseconds since the machine was started, those of its sleep too (CLOCK_BOOTTIME), which Node's own monotonic clock leaves out. */
export function bootMillis(): number {
  return Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000);
}

export function writePending(folder: string, pending: Omit<Pending, 'schemaVersion' | 'bootId'>): Pending {
  const whole: Pending = { schemaVersion: 1, ...pending, bootId: whereWeAre().bootId };
  writeDurably(fileOf(folder), `${JSON.stringify(whole)}\n`);
  return whole;
}

/** The change that waits; undefined when none does, or when the machine was started anew since. */
export function readPending(folder: string): Pending | undefined {
  const file = fileOf(folder);
  const text = readIfThere(file)?.toString('utf8');
  if (text === undefined) return undefined;
  try {
    const pending = pendingSchema.parse(JSON.parse(text));
    return pending.bootId === whereWeAre().bootId ? pending : undefined;
  } catch {
    throw damaged(file, 'it is not what this tool writes');
  }
}

export function removePending(folder: string): void {
  removeDurably(fileOf(folder));
}

/** Milliseconds that are left; 0 or less when the time is over. */
export function timeLeft({ deadline }: Pending): number {
  return deadline - bootMillis();
}
