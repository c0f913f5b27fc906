/** A peer profile with what the configuration of the product itself says instead (strongswan.conf). */
import type { PeerProfile, Trait } from '../model/peer-profile/peer-profile.js';
import type { SystemConfig } from '../model/system-config.js';

/** The profile of a system: a written setting counts before the product's default. */
export function configuredProfile(profile: PeerProfile, { productSettings }: SystemConfig): PeerProfile {
  if (!productSettings) return profile;
  const number = (name: string): number | undefined => {
    const value = Number(productSettings.get(`charon.${name}`)?.value.trim() || Number.NaN);
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const written = <T>(value: T, names: string): Trait<T> => ({ value, note: `${names} of strongswan.conf.` });
  const schedule = profile.retransmission.value;
  const [timeout, base, tries, limit] = [
    number('retransmit_timeout'),
    number('retransmit_base'),
    number('retransmit_tries'),
    number('retransmit_limit'),
  ];
  const isScheduled = [timeout, base, tries, limit].some((value) => value !== undefined);
  const [threshold, fragment] = [number('cookie_threshold'), number('fragment_size')];
  return {
    ...profile,
    ...(isScheduled
      ? {
          retransmission: written(
            {
              ...schedule,
              ...(timeout ? { firstMillis: Math.round(timeout * 1000) } : {}),
              ...(base ? { factor: base } : {}),
              ...(tries === undefined ? {} : { repetitions: Math.floor(tries) }),
              ...(limit ? { longestMillis: Math.round(limit * 1000) } : {}),
            },
            'charon.retransmit_timeout, _base, _tries and _limit',
          ),
        }
      : {}),
    ...(threshold === undefined ? {} : { cookieThreshold: written(threshold, 'charon.cookie_threshold') }),
    // 0 leaves it to the family of addresses.
    ...(fragment ? { fragmentOctets: written(fragment, 'charon.fragment_size') } : {}),
  };
}
