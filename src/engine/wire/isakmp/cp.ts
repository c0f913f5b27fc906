/**
 * Attribute payload (mode config) — draft-dukes-ike-mode-cfg-02 §3.2, with XAUTH's attributes.
 *
 *   |     Type      |   RESERVED    |           Identifier          |
 *   ~                           Attributes                          ~
 */
import {
  type Decoded,
  definePayload,
  list,
  named,
  octetCount,
  reserved,
  struct,
  textPreview,
  u8,
  u16,
} from '../codec.js';
import { attributesMax } from '../limits.js';
import { type Attribute, attribute } from '../payloads/attribute.js';
import { addressText } from '../payloads/identity-text.js';
import { modeConfigAttributes, modeConfigTypes } from '../registry/isakmp-attributes.js';

const number = modeConfigAttributes.number;

/** What a user types: a report shows that it is there, never what it is. */
const secretAttributes: ReadonlySet<number> = new Set([
  number.XAUTH_USER_PASSWORD,
  number.XAUTH_PASSCODE,
  number.XAUTH_NEXT_PIN,
  number.XAUTH_ANSWER,
  number.XAUTH_CHALLENGE,
]);

const textAttributes: ReadonlySet<number> = new Set([
  number.APPLICATION_VERSION,
  number.XAUTH_USER_NAME,
  number.XAUTH_MESSAGE,
  number.XAUTH_DOMAIN,
  number.UNITY_BANNER,
  number.UNITY_DEF_DOMAIN,
  number.UNITY_SPLITDNS_NAME,
  number.UNITY_DDNS_HOSTNAME,
]);

const configAttribute = attribute({
  type: (type) => modeConfigAttributes.describe(type),
  value(type, value) {
    if (secretAttributes.has(type)) return typeof value !== 'number' && value.length === 0 ? 'empty' : '[secret]';
    if (typeof value === 'number') return undefined;
    if (value.length === 0) return 'empty';
    if (textAttributes.has(type)) return textPreview(value);
    if (type >= 1 && type <= 15 && (value.length === 4 || value.length === 16)) return addressText(value);
    // Attributes of vendors may hold anything, a password too.
    return modeConfigAttributes.name(type) === undefined ? octetCount(value) : undefined;
  },
});

const body = struct({
  cfgType: named(u8, modeConfigTypes),
  reserved: reserved(1),
  identifier: u16,
  attributes: list(configAttribute, { each: 'attribute', max: attributesMax }),
});

export const isakmpCp = definePayload({ kind: 'CP', number: 14, rfc: 'draft-dukes-ike-mode-cfg-02 §3.2', body });
export type IsakmpCpPayload = Decoded<typeof body>;
export type ModeConfigAttribute = Attribute;
