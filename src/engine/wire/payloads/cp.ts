/**
 * Configuration payload (CP) — RFC 7296 §3.15.
 *
 *   |   CFG Type    |                    RESERVED                   |
 *   ~                   Configuration Attributes                    ~
 *
 *   |R|         Attribute Type      |            Length             |
 *   ~                             Value                             ~
 */
import {
  type Codec,
  type Decoded,
  definePayload,
  hexPreview,
  list,
  named,
  reserved,
  shown,
  sized,
  sizeOf,
  struct,
  textPreview,
  u8,
  u16,
} from '../codec.js';
import { attributesMax } from '../limits.js';
import { configurationAttributes, configurationTypes } from '../registry/ikev2.js';
import { addressText } from './identity-text.js';

/** The reserved first bit is part of the number: a type of 32768 and more has it set. */
const attributeType: Codec<number> = shown(u16, (value) => {
  const name = configurationAttributes.describe(value & 0x7fff);
  return value > 0x7fff ? `${name}, reserved bit set` : name;
});

export const configurationAttribute = shown(
  struct(
    {
      type: attributeType,
      length: sizeOf('value', u16),
      value: shown(sized('length'), (value, scope) => configurationText(scope.type as number, value)),
    },
    { rfc: 'RFC 7296 §3.15.1' },
  ),
  ({ type, value }) =>
    `${configurationAttributes.brief(type)}${value.length === 0 ? '' : `: ${configurationText(type, value)}`}`,
);
export type ConfigurationAttribute = Decoded<typeof configurationAttribute>;

export const cp = definePayload({
  kind: 'CP',
  number: 47,
  rfc: 'RFC 7296 §3.15',
  body: struct({
    cfgType: named(u8, configurationTypes),
    reserved: reserved(3),
    attributes: list(configurationAttribute, { each: 'attribute', max: attributesMax }),
  }),
});
export type CpPayload = Decoded<typeof cp.body>;

/** An attribute's value in words; an empty value asks for one. */
function configurationText(type: number, value: Uint8Array): string {
  if (value.length === 0) return 'empty';
  const number = configurationAttributes.number;
  switch (type) {
    case number.APPLICATION_VERSION:
    case number.INTERNAL_DNS_DOMAIN:
      return textPreview(value);
    case number.INTERNAL_IP6_ADDRESS:
      return value.length === 17 ? `${addressText(value.subarray(0, 16))}/${value[16]}` : addressText(value);
    case number.INTERNAL_IP6_SUBNET:
      return value.length === 17 ? `${addressText(value.subarray(0, 16))}/${value[16]}` : hexPreview(value);
    case number.INTERNAL_IP4_SUBNET:
      return value.length === 8
        ? `${addressText(value.subarray(0, 4))}/${addressText(value.subarray(4))}`
        : hexPreview(value);
    case number.INTERNAL_IP4_ADDRESS:
    case number.INTERNAL_IP4_NETMASK:
    case number.INTERNAL_IP4_DNS:
    case number.INTERNAL_IP4_NBNS:
    case number.INTERNAL_IP4_DHCP:
    case number.INTERNAL_IP6_DNS:
    case number.INTERNAL_IP6_DHCP:
    case number.P_CSCF_IP4_ADDRESS:
    case number.P_CSCF_IP6_ADDRESS:
      return addressText(value);
    default:
      return hexPreview(value);
  }
}
