/** The settings of strongswan.conf that what is agreed on depends on (conf/options/charon.opt of 5.9.8 and 6.0.0). */
import type { Origin, Sourced } from '../../model/origin.js';
import { allowPeerSetting, type DataPathName, libipsecPlugin } from '../../model/peer-profile/data-path.js';
import type { ReadContext } from './read-options.js';
import {
  effectiveSettings,
  findSections,
  innerNames,
  type Section,
  type Setting,
  type SettingValue,
} from './settings.js';

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
  'send_vendor_id',
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

/** Settings about the daemon itself: what it logs, how it waits, with which addresses and routes. */
const daemonsOwn: ReadonlySet<string> = new Set(
  `accept_unencrypted_mainmode_messages cache_crls cert_cache check_current_path cisco_flexvpn cisco_unity
  delete_rekeyed_delay dh_exponent_ansi_x9_42 dlopen_use_rtld_now dns1 dns2 flush_auth_cfg follow_redirects
  force_eap_only_authentication fragment_size_v4 fragment_size_v6 group half_open_timeout hash_and_url
  ignore_routing_tables ikesa_limit ikesa_table_segments ikesa_table_size inactivity_close_ike init_limit_half_open
  init_limit_job_load install_routes install_virtual_ip install_virtual_ip_on integrity_test interfaces_ignore
  interfaces_use keep_alive keep_alive_dpd_margin max_ikev1_exchanges max_packet nbns1 nbns2 ocsp_nonce_len
  prefer_best_path prefer_temporary_addrs process_route rdn_matching receive_delay receive_delay_request
  receive_delay_response receive_delay_type reject_trusted_end_entity reqid_base retransmit_jitter
  retry_initiate_interval routing_table routing_table_prio rsa_pss_trailerfield send_delay send_delay_request
  send_delay_response send_delay_type spi_label spi_mask spi_max spi_min threads user`.split(/\s+/),
);

/** Sections of the daemon; what stands in them is about itself. */
const innerSections: ReadonlySet<string> = new Set(
  `crypto_test customlog filelog host_resolver imcv journal leak_detective plugins processor start-scripts
  stop-scripts syslog tls tnc x509`.split(/\s+/),
);

/** Settings of charon by name, for guesses at what was meant. */
const everySetting = [...kept, ...Object.keys(partly), ...daemonsOwn];

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
        keep(found, `charon.${setting.key}`, setting);
      } else if (why !== undefined) context.report.partial(name, setting.at, why);
      else if (daemonsOwn.has(setting.key)) context.report.noted(name, setting.at, 'it is about the daemon itself');
      // charon ignores it, so that a slip of the pen leaves the default in place and nobody notices.
      else context.report.unknown(name, setting.at, everySetting);
    }
    for (const setting of effectiveSettings(findSections(root, [daemon, 'plugins', libipsecPlugin]))) {
      const name = `${daemon}.plugins.${libipsecPlugin}.${setting.key}`;
      if (setting.key !== 'load' && setting.key !== 'allow_peer_ts') continue;
      context.seen.add(setting);
      context.report.supported(name, setting.at);
      if (setting.key === 'allow_peer_ts') keep(found, allowPeerSetting, setting);
    }
    for (const inner of innerNames(sections)) {
      if (innerSections.has(inner)) noteAll(root, [daemon, inner], context);
      else unknownSection(root, [daemon, inner], context);
    }
  }
  return found;
}

/**
 * What carries the packets: the first plugin of those for it that charon loads. That is told by `load`, the list of all
 * plugins, or with modular loading by the plugin's own `load`, where kernel-libipsec comes before kernel-netlink among
 * plugins of equal priority (plugin_loader.c of 5.9.8). Undefined: neither is written.
 */
export function readDataPath(root: Section): Sourced<DataPathName> | undefined {
  for (const daemon of ['charon-systemd', 'charon']) {
    const isModular = textOf(root, [daemon], 'load_modular');
    const list = textOf(root, [daemon], 'load');
    if (list && !/^(?:yes|true|enabled|1)$/i.test(isModular?.value.text ?? 'no')) {
      const first = list.value.text.split(/\s+/).find((name) => /^kernel-(?:libipsec|netlink|pfkey)!?$/.test(name));
      if (first) return { value: first.startsWith(libipsecPlugin) ? 'libipsec' : 'kernel', origin: originOf(list) };
    }
    const own = textOf(root, [daemon, 'plugins', libipsecPlugin], 'load');
    if (own) {
      // A number is the priority; kernel-netlink has 1 unless it is told otherwise.
      const isLoaded = /^(?:yes|true|enabled|[1-9]\d*)$/i.test(own.value.text);
      return { value: isLoaded ? 'libipsec' : 'kernel', origin: originOf(own) };
    }
  }
  return undefined;
}

type Written = Setting & { readonly value: SettingValue };

function textOf(root: Section, path: readonly string[], key: string): Written | undefined {
  const setting = effectiveSettings(findSections(root, path)).find((each) => each.key === key);
  return setting?.value ? (setting as Written) : undefined;
}

function originOf({ value, at }: Written): Origin {
  return { kind: 'explicit', at: value.at, argumentStart: at.start };
}

/** The first one counts: that of charon-systemd. */
function keep(found: Map<string, Sourced<string>>, key: string, setting: Setting): void {
  if (setting.value && !found.has(key))
    found.set(key, { value: setting.value.text, origin: originOf(setting as Written) });
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

function unknownSection(root: Section, path: readonly string[], context: ReadContext): void {
  const sections = findSections(root, path);
  const [first] = effectiveSettings(sections);
  for (const setting of effectiveSettings(sections)) context.seen.add(setting);
  if (first) context.report.unknown(path.join('.'), first.at, innerSections);
  for (const inner of innerNames(sections)) noteAll(root, [...path, inner], context);
}
