/** Something that sends packets, and what left both hosts meanwhile. */
import { type Seen, type Side, watch } from './hosts.js';

export interface Tried {
  readonly passed: boolean;
  readonly seen: Readonly<Record<Side, Seen>>;
}

/** Does it under a watch. */
export async function tried(folder: string, action: () => Promise<boolean>): Promise<Tried> {
  const watched = await watch(folder);
  const passed = await action();
  return { passed, seen: await watched.stop() };
}
