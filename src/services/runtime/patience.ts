/** How long a request may go without an answer before the peer counts as dead: the product's schedule, cut short or drawn out. */
import type { PeerProfile } from '../../model/peer-profile/peer-profile.js';
import { patience } from '../../model/peer-profile/retransmission.js';

/** Repetitions of one request: more say nothing new. */
const repetitionsMax = 30;

/** The profile with a schedule that gives up after about so many milliseconds: as late as the waits of the schedule allow, not later. */
export function withPatience(profile: PeerProfile, millis: number): PeerProfile {
  const schedule = profile.retransmission.value;
  let repetitions = 0;
  // The last wait is behind the last repetition.
  while (repetitions < repetitionsMax && patience({ ...schedule, repetitions: repetitions + 1 }) <= millis)
    repetitions += 1;
  const firstMillis = repetitions === 0 ? Math.min(schedule.firstMillis, millis) : schedule.firstMillis;
  return {
    ...profile,
    retransmission: {
      value: { ...schedule, firstMillis, repetitions },
      note: `An operator lets peers be silent for ${Math.round(millis / 1000)} seconds.`,
    },
  };
}
