/**
 * What numbers on the wire are called: IANA's registries for IKEv2 and ISAKMP and the vendor numbers that peers use. A
 * number outside them is preserved by the codecs and shown as a number.
 */
export * from './registry/ikev2.js';
export * from './registry/isakmp.js';
export * from './registry/isakmp-attributes.js';
export * from './registry/notify.js';
export { type Registry, registry } from './registry/registry.js';
export * from './registry/transforms.js';
export { vendorIdName } from './registry/vendor-ids.js';
