/**
 * Vendor IDs that say something: an extension the peer speaks, or what the peer is. Most are the MD5 of a text, some with
 * a version or capabilities behind it, so that they are found by how they begin.
 */
import { toHex } from '../codec/hex.js';

const known: Readonly<Record<string, string>> = {
  // Extensions.
  afcad71368a1f1c96b8696fc7757: 'Dead Peer Detection (RFC 3706)',
  '4a131c81070358455c5728f20e95452f': 'NAT traversal (RFC 3947)',
  '4df37928e9fc4fd1b3262170d515c662': 'draft-ietf-ipsec-nat-t-ike',
  '4485152d18b6bbcd0be8a8469579ddcc': 'draft-ietf-ipsec-nat-t-ike-00',
  '16f6ca16e4a4066d83821a0f0aeaa862': 'draft-ietf-ipsec-nat-t-ike-01',
  cd60464335df21f87cfdb2fc68b6a448: 'draft-ietf-ipsec-nat-t-ike-02',
  '90cb80913ebb696e086381b5ec427b1f': 'draft-ietf-ipsec-nat-t-ike-02 (with line break)',
  '7d9419a65310ca6f2c179d9215529d56': 'draft-ietf-ipsec-nat-t-ike-03',
  '9909b64eed937c6573de52ace952fa6b': 'draft-ietf-ipsec-nat-t-ike-04',
  '80d0bb3def54565ee84645d4c85ce3ee': 'draft-ietf-ipsec-nat-t-ike-05',
  '4d1e0e136deafa34c4f3ea9f02ec7285': 'draft-ietf-ipsec-nat-t-ike-06',
  '439b59f8ba676c4c7737ae22eab8f582': 'draft-ietf-ipsec-nat-t-ike-07',
  '8f8d83826d246b6fc7a8a6a428c11de8': 'draft-ietf-ipsec-nat-t-ike-08',
  '27bab5dc01ea0760ea4e3190ac27c0d0': 'draft-stenberg-ipsec-nat-traversal-01',
  '6105c422e76847e43f9684801292aecd': 'draft-stenberg-ipsec-nat-traversal-02',
  '6a7434c19d7e36348090a02334c9c805': 'draft-huttunen-ipsec-esp-in-udp-00.txt',
  '09002689dfd6b712': 'XAUTH',
  '12f5f28c457168a9702d9fe274cc': 'Cisco Unity',
  '4048b7d56ebce88525e7de7f00d6c2d3': 'IKEv1 fragmentation',
  '434953434f2d44454c4554452d524541534f4e': 'Cisco delete reason',
  ad2c0dd0b9c32083ccba25b8861ec455: 'GSS-API authentication',
  b46d8914f3aaa3f2fedeb7c7db2943ca: 'GSS-API authentication (with line break)',
  '621b04bb09882ac1e15935fefa24aeee': 'GSSAPI',
  fb1de3cdf341b7ea16b7e5be0855f120: 'MS-Negotiation Discovery Capable',
  '26244d38eddb61b3172a36e3d0cfb819': 'Microsoft initial contact',
  '214ca4faffa7f32d6748e5303395ae83': 'MS-MamieExists',
  e3a5966a76379fe707228231e5ce8652: 'IKE CGA version 1',
  ba290499c24e84e53a1d83a05e5f00c9: 'IKE challenge/response authentication',
  '0d33611a5d521b5e3c9c03d2fc107e12': 'IKE challenge/response authentication (2)',
  '325df29a2319f2dd': 'draft-krywaniuk-ipsec-antireplay-00',
  '8db7a41811221660': 'draft-ietf-ipsec-heartbeats-00',
  '486561727442656174204e6f74696679': 'heartbeat notify',
  '4865617274426561745f4e6f74696679': 'heartbeat notify',
  // Products.
  '882fe56d6fd20dbc2251613b2ebe5beb': 'strongSwan',
  '7003cbc1097dbe9c2600ba6983bc8b35': 'KAME racoon',
  '1e2b516905991c7d7c96fcbfb587e461': 'Microsoft Windows',
  f4ed19e0c114eb516faaac0ee37daf2807b4381f: 'Check Point Firewall-1',
  '1f07f70eaa6514d3b0fa96542a': 'Cisco VPN 3000 concentrator',
  '699369228741c6d4ca094c93e242c9de19e7b7c6': 'NetScreen ScreenOS',
  '8299031757a36082c6a621de': 'Fortinet FortiGate',
  '1d6e178f6c2c0be284985465450fe9d4': 'Fortinet FortiGate',
  '47bbe7c993f1fc13b4e6d0db565c68e5': 'SafeNet SoftRemote',
  '5b362bc820f6': 'SonicWall',
  '404bf439522ca3f6': 'SonicWall',
  '4f5357': 'Openswan',
  '4f454e': 'FreeS/WAN, Openswan or Libreswan',
  '4f45': 'FreeS/WAN or Openswan',
  '4f70656e504750': 'OpenPGP',
  '424e4553000000': 'Nortel Contivity',
  '54494d4553544550': 'TimeStep',
};

// Longer beginnings first: a product family's short one must not hide a precise one.
const beginnings = Object.entries(known).sort(([a], [b]) => b.length - a.length);
const longest = beginnings[0]![0].length / 2;

/** What a vendor ID stands for, where it is known. */
export function vendorIdName(vendorId: Uint8Array): string | undefined {
  const text = toHex(vendorId.subarray(0, longest));
  return beginnings.find(([beginning]) => text.startsWith(beginning))?.[1];
}
