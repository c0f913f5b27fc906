/** Policies as netlink messages: NEWPOLICY and UPDPOLICY, DELPOLICY, what a dump gives, and the defaults. */
import {
  type DefaultAction,
  type HostPolicy,
  type HostTemplate,
  type PolicyDirection,
  saModes,
} from '../../../model/host-state.js';
import {
  type Attribute,
  attributeOf,
  decodeAttributes,
  encodeAttributes,
  readAttribute,
  readNumber,
} from './attributes.js';
import { attributeTypes, defaultActions } from './constants.js';
import {
  addressOctets,
  addressValue,
  type FieldValue,
  familyNumbers,
  familyOf,
  fromOctets,
  toOctets,
  u32,
  viewOf,
} from './fields.js';
import { concatenate } from './frames.js';
import {
  hostLimits,
  hostSelector,
  hostUsage,
  isUnlimited,
  markAttributes,
  rawAnything,
  rawLimits,
  rawNoUsage,
  rawSelector,
  readMark,
} from './selectors.js';
import {
  policyDefaults,
  policyId,
  policyInfo,
  policyNumbers,
  policyType,
  userTemplate,
  xfrmLimits,
  xfrmSelector,
  xfrmUsage,
} from './structures.js';

const directions = ['in', 'out', 'fwd'] as const satisfies readonly PolicyDirection[];
const types = ['main', 'sub'] as const;
const actions = ['allow', 'block'] as const;
/** XFRM_MAX_DEPTH. */
const templatesMax = 6;

/** The body of NEWPOLICY (which refuses one that is there) and UPDPOLICY (which takes its place). */
export function encodePolicy(policy: HostPolicy): Uint8Array {
  const info = plainInfo.slice();
  const view = viewOf(info);
  xfrmSelector.encode(view, 0, rawSelector(policy.selector));
  if (!isUnlimited(policy.limits)) xfrmLimits.encode(view, limitsAt, rawLimits(policy.limits));
  policyNumbers.encode(view, numbersAt, {
    priority: policy.priority,
    index: policy.index,
    direction: directions.indexOf(policy.direction),
    action: actions.indexOf(policy.action),
    flags: policy.flags,
    share: policy.share,
  });
  const attributes = commonAttributes(policy);
  if (policy.templates.length === 0 && attributes.length === 0) return info;
  const templates = concatenate(policy.templates.map((template) => toOctets(userTemplate, rawTemplate(template))));
  const all = [...(templates.length > 0 ? [{ type: attributeTypes.templates, octets: templates }] : []), ...attributes];
  return concatenate([info, encodeAttributes(all)]);
}

/** A policy without limits, which nearly all are: what remains to be written differs from one to the next. */
const plainInfo = toOctets(policyInfo, {
  selector: rawAnything,
  limits: rawLimits({}),
  usage: rawNoUsage,
  numbers: { priority: 0, index: 0, direction: 0, action: 0, flags: 0, share: 0 },
});
const limitsAt = xfrmSelector.size;
const numbersAt = limitsAt + xfrmLimits.size + xfrmUsage.size;

/**
 * The body of DELPOLICY and GETPOLICY for one policy, which is found by its selector, mark and interface; with an index by that, so that
 * another one in its place is not meant.
 */
export function encodePolicyId(policy: HostPolicy, index = 0): Uint8Array {
  const id = toOctets(policyId, {
    selector: rawSelector(policy.selector),
    index,
    direction: directions.indexOf(policy.direction),
  });
  return concatenate([id, encodeAttributes(commonAttributes(policy))]);
}

function commonAttributes({ mark, ifId, type }: HostPolicy): readonly Attribute[] {
  return [
    ...(type === 'main'
      ? []
      : [
          attributeOf(attributeTypes.policyType, policyType, { type: types.indexOf(type), reserved1: 0, reserved2: 0 }),
        ]),
    ...markAttributes(mark),
    ...(ifId === 0 ? [] : [attributeOf(attributeTypes.ifId, u32, ifId)]),
  ];
}

function rawTemplate(template: HostTemplate): FieldValue<typeof userTemplate> {
  const { family } = template;
  return {
    id: {
      destination: addressOctets(family, template.destination),
      spi: template.spi,
      protocol: template.protocol,
    },
    family: familyNumbers[family],
    source: addressOctets(family, template.source),
    reqid: template.reqid,
    mode: saModes.indexOf(template.mode),
    share: template.share,
    optional: template.optional ? 1 : 0,
    authenticationMask: template.authenticationMask,
    encryptionMask: template.encryptionMask,
    compressionMask: template.compressionMask,
  };
}

/** A policy of a dump; undefined for what is none of ours to understand: socket policies, and broken messages. */
export function decodePolicy(body: Uint8Array): HostPolicy | undefined {
  const info = fromOctets(policyInfo, body);
  return info && policyOf(info, decodeAttributes(body.subarray(policyInfo.size)));
}

export function policyOf(
  info: FieldValue<typeof policyInfo>,
  attributes: ReadonlyMap<number, Uint8Array> | undefined,
): HostPolicy | undefined {
  const { numbers } = info;
  const direction = directions[numbers.direction];
  const selector = hostSelector(info.selector);
  const templates = attributes && decodeTemplates(attributes.get(attributeTypes.templates));
  if (!direction || !selector || !templates) return undefined;
  const type = readAttribute(attributes, attributeTypes.policyType, policyType)?.type ?? 0;
  return {
    direction,
    selector,
    mark: readMark(attributes),
    ifId: readNumber(attributes, attributeTypes.ifId) ?? 0,
    type: types[type] ?? 'main',
    priority: numbers.priority,
    index: numbers.index,
    action: actions[numbers.action] ?? 'block',
    flags: numbers.flags,
    share: numbers.share,
    templates,
    limits: hostLimits(info.limits),
    usage: hostUsage(info.usage),
    ...(attributes.has(attributeTypes.securityContext) ? { labelled: true } : {}),
  };
}

function decodeTemplates(octets: Uint8Array | undefined): readonly HostTemplate[] | undefined {
  if (!octets) return [];
  const { size } = userTemplate;
  const count = octets.length / size;
  if (!Number.isInteger(count) || count > templatesMax) return undefined;
  const view = viewOf(octets);
  const templates: HostTemplate[] = [];
  for (let at = 0; at < count; at += 1) {
    const raw = userTemplate.decode(view, at * size);
    // A template of an unknown family would have addresses nobody can read.
    const family = familyOf(raw.family);
    const mode = saModes[raw.mode];
    if (family === undefined || mode === undefined) return undefined;
    templates.push({
      protocol: raw.id.protocol,
      mode,
      family,
      source: addressValue(family, raw.source),
      destination: addressValue(family, raw.id.destination),
      spi: raw.id.spi,
      reqid: raw.reqid,
      optional: raw.optional !== 0,
      share: raw.share,
      authenticationMask: raw.authenticationMask,
      encryptionMask: raw.encryptionMask,
      compressionMask: raw.compressionMask,
    });
  }
  return templates;
}

/** The body of GETDEFAULT's answer and of SETDEFAULT; a direction that is not named stays as it is. */
export function encodeDefaults(defaults: Partial<Readonly<Record<PolicyDirection, DefaultAction>>>): Uint8Array {
  const numberOf = (direction: PolicyDirection) => defaultActions[defaults[direction] ?? 'unset'];
  return toOctets(policyDefaults, { in: numberOf('in'), fwd: numberOf('fwd'), out: numberOf('out') });
}

export function decodeDefaults(body: Uint8Array): Readonly<Record<PolicyDirection, DefaultAction>> | undefined {
  const raw = fromOctets(policyDefaults, body);
  if (!raw) return undefined;
  const actionOf = (value: number): DefaultAction => (value === defaultActions.block ? 'block' : 'accept');
  return { in: actionOf(raw.in), out: actionOf(raw.out), fwd: actionOf(raw.fwd) };
}
