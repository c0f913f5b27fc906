import type { GuidanceProfile } from './profile.js';

/** What the Linux kernel can do. */
export const linuxXfrm: GuidanceProfile = {
  name: 'linux-xfrm',
  title: 'Linux XFRM',
  edition: 'kernel headers of version 6.1',
  citation: 'Linux kernel, include/uapi/linux/xfrm.h and net/xfrm',
  summary: 'Limits of the kernel: algorithms of its crypto API, replay windows of at most 4096 packets.',
  severities: [],
  demands: [
    { kind: 'target', target: 'linux-xfrm', severity: 'error', section: 'include/uapi/linux/xfrm.h', confirmed: true },
  ],
};
