/** Numbers of linux/netlink.h and linux/xfrm.h that are used. */

/** Netlink family. */
export const netlinkXfrm = 6;

/** nlmsghdr.flags */
export const messageFlags = {
  request: 0x01,
  multi: 0x02,
  ack: 0x04,
  dumpInterrupted: 0x10,
  dump: 0x300,
  /** Of an answer: the request is not repeated in full. */
  capped: 0x100,
  /** Of an answer: attributes with an explanation follow. */
  ackAttributes: 0x200,
} as const;

/** Message types of netlink itself. */
export const controlTypes = { noop: 1, error: 2, done: 3, overrun: 4 } as const;

export const messageTypes = {
  newSa: 0x10,
  deleteSa: 0x11,
  getSa: 0x12,
  newPolicy: 0x13,
  deletePolicy: 0x14,
  getPolicy: 0x15,
  allocateSpi: 0x16,
  acquire: 0x17,
  expire: 0x18,
  updatePolicy: 0x19,
  updateSa: 0x1a,
  policyExpire: 0x1b,
  mapping: 0x26,
  setDefault: 0x27,
  getDefault: 0x28,
} as const;

/** nlattr.type of XFRM messages. */
export const attributeTypes = {
  authentication: 1,
  encryption: 2,
  compression: 3,
  encapsulation: 4,
  templates: 5,
  sa: 6,
  policy: 7,
  securityContext: 8,
  lifetimeValue: 9,
  lastUsed: 15,
  policyType: 16,
  aead: 18,
  truncatedAuthentication: 20,
  mark: 21,
  tfcPadding: 22,
  replayState: 23,
  extraFlags: 24,
  ifId: 31,
} as const;

/** nlattr.type of an explanation that comes with an error. */
export const ackAttributeTypes = { message: 1, offset: 2, missingType: 5 } as const;

/** Multicast groups. */
export const groups = { acquire: 1, expire: 2, sa: 3, policy: 4, mapping: 8 } as const;

/** xfrm_usersa_info.flags */
export const saFlags = { anyFamily: 0x20, esn: 0x80 } as const;

/** Policies and SAs without a limit have all ones where it would be. */
export const unlimited = 0xffff_ffff_ffff_ffffn;

/** xfrm_userpolicy_default: unset is not looked at. */
export const defaultActions = { unset: 0, block: 1, accept: 2 } as const;
