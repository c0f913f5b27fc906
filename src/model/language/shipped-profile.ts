/**
 * The defaults of the shipped profile: what a record gets for an argument that it leaves out, unless a profile file says
 * otherwise. Values are written as they would be in the language, and are read by the same argument parsers.
 */
export interface ShippedParameter {
  readonly section: string;
  readonly parameter: string;
  readonly value: string;
  readonly source: string;
  readonly provisional?: boolean;
}

function parameter(
  section: string,
  name: string,
  value: string,
  source: string,
  provisional = false,
): ShippedParameter {
  return { section, parameter: name, value, source, ...(provisional ? { provisional } : {}) };
}

export const shippedProfile: readonly ShippedParameter[] = [
  parameter('HostPolicy-Defaults', 'source', '0.0.0.0/0/0', 'G0302 p.60'),
  parameter('HostPolicy-Defaults', 'destination', '0.0.0.0/0/0', 'G0302 p.60'),
  parameter('HostPolicy-Defaults', 'protocol', 'ALL', 'G0302 p.60'),
  parameter('HostPolicy-Defaults', 'action', 'DISCARD', 'G0200 p.79'),
  parameter('HostPolicy-Defaults', 'flags', 'NONE', 'G0300 p.78'),
  parameter('HostPolicy-Defaults', 'priority', '10', 'G0201 p.107'),
  parameter('TunnelPolicy-Defaults', 'source', '0.0.0.0/0', 'G0302 p.74'),
  parameter('TunnelPolicy-Defaults', 'destination', '0.0.0.0/0', 'G0302 p.74'),
  parameter('TunnelPolicy-Defaults', 'protocol', 'ALL', 'G0302 p.74'),
  parameter('TunnelPolicy-Defaults', 'action', 'ESP_AES128_HMAC_SHA1', 'G0300 p.83'),
  parameter('GatewayPolicy-Defaults', 'source', '0.0.0.0/0/0', 'memory', true),
  parameter('GatewayPolicy-Defaults', 'destination', '0.0.0.0/0/0', 'memory', true),
  parameter('GatewayPolicy-Defaults', 'protocol', 'ALL', 'memory', true),
  parameter('GatewayPolicy-Defaults', 'action', 'DISCARD', 'memory', true),
  parameter('GatewayPolicy-Defaults', 'flags', 'NONE', 'memory', true),
  parameter('GatewayPolicy-Defaults', 'priority', '10', 'memory', true),
  parameter('IKEPolicy-Defaults', 'remote', '0.0.0.0/0', 'memory', true),
  parameter('IKEPolicy-Defaults', 'auth', 'PSK', 'memory', true),
  parameter('IKEPolicy-Defaults', 'group', '2', 'SRP p.128'),
  parameter('IKEPolicy-Defaults', 'hash', 'MD5', 'SRP p.128'),
  parameter('IKEPolicy-Defaults', 'encryption', '3DES', 'memory', true),
  parameter('IKEPolicy-Defaults', 'life', '28800', 'memory', true),
  parameter('IKEPolicy-Defaults', 'maxqm', '100', 'WIN p.43'),
  parameter('IKEPolicy-Defaults', 'priority', '10', 'G0200 p.93'),
  parameter('IKEV1Policy-Defaults', 'remote', '0.0.0.0/0', 'memory', true),
  parameter('IKEV1Policy-Defaults', 'group', '2', 'G0300 p.95'),
  parameter('IKEV1Policy-Defaults', 'hash', 'MD5', 'G0300 p.95'),
  parameter('IKEV1Policy-Defaults', 'encryption', '3DES', 'G0300 p.95'),
  parameter('IKEV1Policy-Defaults', 'life', '28800', 'G0300 p.95'),
  parameter('IKEV1Policy-Defaults', 'pfs', 'OFF', 'G0300 p.95'),
  parameter('IKEV1Policy-Defaults', 'priority', '10', 'memory', true),
  parameter('IKEV2Policy-Defaults', 'remote', '0.0.0.0/0', 'memory', true),
  parameter('IKEV2Policy-Defaults', 'group', '2', 'G0300 p.95'),
  parameter('IKEV2Policy-Defaults', 'hash', 'HMAC-SHA1', 'G0300 p.95'),
  parameter('IKEV2Policy-Defaults', 'encryption', '3DES', 'G0300 p.95'),
  parameter('IKEV2Policy-Defaults', 'prf', 'HMAC-SHA1', 'G0300 p.95'),
  parameter('IKEV2Policy-Defaults', 'life', '28800', 'G0300 p.95'),
  parameter('IKEV2Policy-Defaults', 'pfs', 'OFF', 'G0300 p.95'),
  parameter('IKEV2Policy-Defaults', 'priority', '10', 'memory', true),
  parameter('AuthPolicy-Defaults', 'kmp', 'IKEV1', 'G0300 p.91'),
  parameter('AuthPolicy-Defaults', 'exchange', 'MM', 'SRP p.128'),
  parameter('AuthPolicy-Defaults', 'flags', 'NONE', 'G0300 p.91'),
  parameter('AuthPolicy-Defaults', 'priority', '10', 'G0300 p.91'),
  parameter('Startup-Defaults', 'autoboot', 'OFF', 'memory', true),
  parameter('Startup-Defaults', 'auditlvl', 'ERROR', 'G0300 p.148'),
  parameter('Startup-Defaults', 'auditdir', '/var/adm/ipsec', 'G0300 p.148'),
  parameter('Startup-Defaults', 'maxsize', '100', 'G0300 p.148'),
  parameter('Startup-Defaults', 'spi_min', '300', 'G0300 p.216'),
  parameter('Startup-Defaults', 'spi_max', '2500000', 'G0300 p.216'),
];
