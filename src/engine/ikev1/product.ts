/** What a product's profile says, unless the product's own settings in the configuration say otherwise. */
import type { Environment } from '../environment.js';

/** Whose order of proposals decides when this system responds (strongSwan's charon.prefer_configured_proposals). */
export function preferenceOf({ view, profile }: Environment): 'initiator' | 'responder' {
  const own = settingOf(view, 'charon.prefer_configured_proposals');
  if (own === undefined) return profile.proposalPreference.value;
  return own ? 'responder' : 'initiator';
}

/** Does a responder take Aggressive Mode with a preshared key, whose hash anybody can then try keys against? */
export function takesAggressivePsk({ view, profile }: Environment): boolean {
  return (
    settingOf(view, 'charon.i_dont_care_about_security_and_use_aggressive_mode_psk') ??
    profile.aggressivePresharedKey.value
  );
}

function settingOf({ config }: Environment['view'], name: string): boolean | undefined {
  const value = config.productSettings?.get(name)?.value;
  return value === undefined ? undefined : /^(?:yes|true|enabled|1)$/i.test(value);
}
