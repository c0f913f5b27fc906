import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'IMP007',
  slug: 'product-differs',
  severity: 'warning',
  summary: 'Another product does something else than its configuration says.',
  rationale:
    'The kernel knows prefixes, and ports under masks: a range that is neither becomes the block that encloses it, and packets are protected that nobody meant, or that the peer then drops. A child that passes or drops packets does nothing before it is installed.',
  references: ['swanctl.conf(5)', 'ip-xfrm(8)'],
  bad: [
    `connections {
  c {
    remote_addrs = 192.0.2.1
    children {
      n {
        remote_ts = dynamic[tcp/1000-2000]
      }
    }
  }
}`,
    `connections {
  shunts {
    children {
      lan {
        local_ts = 10.0.0.0/8
        remote_ts = 10.0.0.0/8
        mode = pass
      }
    }
  }
}`,
  ],
  good: [
    `connections {
  c {
    remote_addrs = 192.0.2.1
    children {
      n {
        remote_ts = dynamic[tcp/1024-2047]
      }
    }
  }
}`,
    `connections {
  shunts {
    children {
      lan {
        local_ts = 10.0.0.0/8
        remote_ts = 10.0.0.0/8
        mode = pass
        start_action = trap
      }
    }
  }
}`,
  ],
});
