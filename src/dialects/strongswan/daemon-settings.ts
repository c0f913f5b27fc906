/** The settings of strongswan.conf that what is agreed on depends on (conf/options/charon.opt of 5.9.8 and 6.0.0). */
import type { Sourced } from '../../model/origin.js';
import type { ReadContext } from './read-options.js';
import { effectiveSettings, findSections, innerNames, type Section } from './settings.js';

/** Settings that answers depend on; they are kept by name. */
const kept = new Set([
  'accept_private_algs',
  'block_threshold',
  'close_ike_on_child_failure',
  'cookie_threshold',
  'cookie_threshold_ip',
  'delete_rekeyed',
  'dos_protection',
  'fragment_size',
  'i_dont_care_about_security_and_use_aggressive_mode_psk',
  'ignore_acquire_ts',
  'initiator_only',
  'make_before_break',
  'multiple_authentication',
  'port',
  'port_nat_t',
  'prefer_configured_proposals',
  'prefer_previous_dh_group',
  'replay_window',
  'retransmit_base',
  'retransmit_limit',
  'retransmit_timeout',
  'retransmit_tries',
  'reuse_ikesa',
  'signature_authentication',
  'signature_authentication_constraints',
]);

/** Settings that may matter to an answer and are not used. */
const partly: Readonly<Record<string, string>> = {
  load: 'which plugins there are, and so which algorithms, is not looked at',
  load_modular: 'which plugins there are, and so which algorithms, is not looked at',
  rsa_pss: 'signatures of RSA are not told apart by their padding',
  plugins: 'plugins may change what is agreed on; only kernel-libipsec is looked at',
};

/** Reads the settings of charon, those of charon-systemd before those that it inherits (strongswan.conf(5)). */
export function readDaemonSettings(root: Section, context: ReadContext): ReadonlyMap<string, Sourced<string>> {
  const found = new Map<string, Sourced<string>>();
  for (const daemon of ['charon-systemd', 'charon']) {
    const sections = findSections(root, [daemon]);
    for (const setting of effectiveSettings(sections)) {
      context.seen.add(setting);
      const name = `${daemon}.${setting.key}`;
      const why = partly[setting.key];
      if (kept.has(setting.key)) {
        context.report.supported(name, setting.at);
        const key = `charon.${setting.key}`;
        const value = setting.value!;
        if (!found.has(key))
          found.set(key, {
            value: value.text,
            origin: { kind: 'explicit', at: value.at, argumentStart: setting.at.start },
          });
      } else if (why !== undefined) context.report.partial(name, setting.at, why);
      else context.report.noted(name, setting.at, 'it is about the daemon itself');
    }
    for (const inner of innerNames(sections)) noteAll(root, [daemon, inner], context);
  }
  return found;
}

function noteAll(root: Section, path: readonly string[], context: ReadContext): void {
  const sections = findSections(root, path);
  for (const setting of effectiveSettings(sections)) {
    if (context.seen.has(setting)) continue;
    context.seen.add(setting);
    context.report.noted([...path, setting.key].join('.'), setting.at, 'it is about the daemon itself');
  }
  for (const inner of innerNames(sections)) noteAll(root, [...path, inner], context);
}
