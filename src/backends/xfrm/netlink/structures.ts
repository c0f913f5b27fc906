/** The structures of linux/xfrm.h and linux/netlink.h. Names are ours, order and types are theirs. */
import { be16, be32, i32, rawAddress, struct, text, u8, u16, u32, u64 } from './fields.js';

/** struct nlmsghdr */
export const messageHeader = struct({ length: u32, type: u16, flags: u16, sequence: u32, port: u32 });

/** struct nlmsgerr without the message that it is about. */
export const errorHeader = struct({ error: i32, request: messageHeader });

/** struct nlattr */
export const attributeHeader = struct({ length: u16, type: u16 });

/** struct xfrm_id */
export const xfrmId = struct({ destination: rawAddress, spi: be32, protocol: u8 });

/** struct xfrm_selector */
export const xfrmSelector = struct({
  destination: rawAddress,
  source: rawAddress,
  destinationPort: be16,
  destinationPortMask: be16,
  sourcePort: be16,
  sourcePortMask: be16,
  family: u16,
  destinationPrefix: u8,
  sourcePrefix: u8,
  protocol: u8,
  interfaceIndex: i32,
  user: u32,
});

/** struct xfrm_lifetime_cfg; all ones is without limit, and for seconds so is 0. */
export const xfrmLimits = struct({
  softBytes: u64,
  hardBytes: u64,
  softPackets: u64,
  hardPackets: u64,
  softAddSeconds: u64,
  hardAddSeconds: u64,
  softUseSeconds: u64,
  hardUseSeconds: u64,
});

/** struct xfrm_lifetime_cur */
export const xfrmUsage = struct({ bytes: u64, packets: u64, addedAt: u64, usedAt: u64 });

/** struct xfrm_stats */
export const xfrmStatistics = struct({ replayWindow: u32, replay: u32, integrityFailed: u32 });

/** The end of struct xfrm_userpolicy_info. */
export const policyNumbers = struct({ priority: u32, index: u32, direction: u8, action: u8, flags: u8, share: u8 });

/** struct xfrm_userpolicy_info */
export const policyInfo = struct({
  selector: xfrmSelector,
  limits: xfrmLimits,
  usage: xfrmUsage,
  numbers: policyNumbers,
});

/** struct xfrm_userpolicy_id */
export const policyId = struct({ selector: xfrmSelector, index: u32, direction: u8 });

/** struct xfrm_user_tmpl */
export const userTemplate = struct({
  id: xfrmId,
  family: u16,
  source: rawAddress,
  reqid: u32,
  mode: u8,
  share: u8,
  optional: u8,
  authenticationMask: u32,
  encryptionMask: u32,
  compressionMask: u32,
});

/** struct xfrm_usersa_info */
export const saInfo = struct({
  selector: xfrmSelector,
  id: xfrmId,
  source: rawAddress,
  limits: xfrmLimits,
  usage: xfrmUsage,
  statistics: xfrmStatistics,
  sequence: u32,
  reqid: u32,
  family: u16,
  mode: u8,
  replayWindow: u8,
  flags: u8,
});

/** struct xfrm_usersa_id */
export const saId = struct({ destination: rawAddress, spi: be32, family: u16, protocol: u8 });

/** struct xfrm_userspi_info */
export const spiRange = struct({ info: saInfo, first: u32, last: u32 });

/** struct xfrm_user_acquire */
export const userAcquire = struct({
  id: xfrmId,
  source: rawAddress,
  selector: xfrmSelector,
  policy: policyInfo,
  authenticationMask: u32,
  encryptionMask: u32,
  compressionMask: u32,
  sequence: u32,
});

/** struct xfrm_user_expire */
export const userExpire = struct({ sa: saInfo, hard: u8 });

/** struct xfrm_user_polexpire */
export const userPolicyExpire = struct({ policy: policyInfo, hard: u8 });

/** struct xfrm_user_mapping */
export const userMapping = struct({
  id: saId,
  reqid: u32,
  oldSource: rawAddress,
  newSource: rawAddress,
  oldPort: be16,
  newPort: be16,
});

/** struct xfrm_userpolicy_default */
export const policyDefaults = struct({ in: u8, fwd: u8, out: u8 });

/** struct xfrm_userpolicy_type */
export const policyType = struct({ type: u8, reserved1: u16, reserved2: u8 });

/** struct xfrm_mark */
export const xfrmMark = struct({ value: u32, mask: u32 });

/** struct xfrm_encap_tmpl */
export const encapsulation = struct({ type: u16, sourcePort: be16, destinationPort: be16, original: rawAddress });

/** struct xfrm_algo: the key follows. */
export const algorithm = struct({ name: text(64), keyBits: u32 });

/** struct xfrm_algo_auth: the key follows. */
export const truncatedAlgorithm = struct({ name: text(64), keyBits: u32, truncatedBits: u32 });

/** struct xfrm_algo_aead: the key follows. */
export const aeadAlgorithm = struct({ name: text(64), keyBits: u32, icvBits: u32 });

/** struct xfrm_replay_state_esn: `words` 32-bit words follow. */
export const replayState = struct({
  words: u32,
  sent: u32,
  received: u32,
  sentHigh: u32,
  receivedHigh: u32,
  window: u32,
});
