/**
 * Keys for dry runs of signatures, one for each side, as PrivateKeyInfo in base64. They are no secret: they are published with the
 * program, prove nothing to anybody, and never leave a simulated world. RSA keys cannot be made from a seed in a
 * moment, as those of curves can.
 */

/** RSA, 2048 bits. */
export const madeUpRsaKeys: readonly [string, string] = [
  [
    'MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDC0BQJjrerHskLISJxzLNGnT3EpcKkMSgY99byQDb/2RdiutwiPlGFSCU4NX',
    'o4RvYt7mhtUaIHxahZvYKynpaDNAPRTIZCir4rrg1KddSpRcd4NGg8MBSCwlQ3yZt4B3NRoACdAQilyfKzsLEaKJz+ug1zeuDT1+seGSIPU87I',
    'MTz7B8c4OEzpbuy2Ypb1OM3EAi2+JbEYziBE8JkH/ce9DxzRuM0RdYnGK8ZL/OfkUOgdjnwk+cikIRA1H2yqWwzf5czIgN1XCFxRRkK4IWbLAd',
    'jaUavdGwH0P1AuoUfdzPkb2RFRJ2GOCCiKSEXuQGaMSkHRk1+BJV46qDc9pC6DAgMBAAECggEASMjgK5/4TEVAvNlA2r6tnmziJoX93kWFYyq5',
    '0qGeSuGrpJYG5/5bi83kJgeI5dzRXmDMAEf3HytAlmLBIYYx2sxEvt517QeUPJKXYaH7ddDd0THXXeFi0GXVfFBlNyeldLIweHhp6DM2697QlG',
    'LnIR6XJvWaaVuq+wBN4ucfg1iGdldCYWKe2soc06/4uXiLEFQFfjLyJEOjmDnP9M/wD5rI71h89YYj5TjKM06EuKNoCEYEbK+6W2m6KiRNyt3H',
    'WfH6xT1pSY6yuLEe2Jzi+FpNwRZgKdRVWF0d87WKaxxNIxZ/FoIkgLEmBxKHu4gjtqzB8nnxNl8l5tQd6XxEYQKBgQD1+XwBjA3s9n/5w5DqLi',
    'QC54oO7dv3gVkidljsJbWfjUZc8mLSJOlDE12r/JN3HOW2Jzt7ZWJeCvsYkQlDPyRz/0NaiWIqyLT+1agA1hgSdWdvMYP4Mzb6FfkEwSc2wbBW',
    '5p5cMTNhz2nCd1eE7TvBeKnTn7j8UnRLbxoqahHvIQKBgQDKwMTIKMqGSKUrwOcn7f9uod37UOciaF/bmAh9aoji4QA5ZYy1tJiZMkccl/lC88',
    'yxa1Us7163ssnp/OX4KaibxsUuapcxaKk7BMFKzymVL28IetCrH/YDBS28xMm6iMJ4jOuvfqH5DhY+d648JkbGw+FUYjr0YWaVLTIMHqHdIwKB',
    'gQCA9O6NhRbb8BQCJwS3sb8RgsB/uTaEmVzY04ElNVP2NUP5gN5MXCurDeEjRQUvAohwKjtmIy4iLdGc/JUFm3oKEn8GXVaJJba2j99HqPbv3n',
    't+8U/F9VvSW2i1lGpxq7Q+qyPFI8pTckF5QcYxm4qjkRZAK9H4/2WXEsV+DSQf4QKBgBMjQu/JueQW81A/8xG3y0Z8DOHt7wM2auXlYdfEuIsB',
    'xe2lAjUciNLdBg1S4vpI3OdaRD3rkjswqxJlBqf39qxNhMsu0HqfcGnbtwsCpuAoDAj23r9oUuZSFNEemhP7WK/cTVrRTySdCch3r4CJ9GBKmP',
    'hIFVx/3RjznSe7tHeVAoGBANQfkHj/fG0x8fx3wLv9xFaFpR/B1ZzWuGq3O2AigS7grjEAke35R1xYng5YyPe9nQCw/vtoqYnZiV6wHK59W0bv',
    'jRzzCoHt6hz9YLPfsyeY9iTerynSFYd7SZoN8Q21YVBnBIiqI6mjJKkgXbViaqA7Ctshn5s9kO068G8tVfTP',
  ].join(''),
  [
    'MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDPvYssDs+16DPzJY3R9OT48u+7D2JkhEdEjplkwSLqnHBVN3Gav1haUQ3y2D',
    'YTYkK8oEeetKeAyB+cVUFVkNBDLgGWQYgOWx/ta+/Ze2GRkd65xHFoa+HudDfPgwpUe1hqq13i+MJURBID5Rzl9Nex1ToU7xT6Bu7QFlDg8tdN',
    '9tlx63u9f2ltj4ChGDrnnmwiYW9YVxplkaFUXXnABfgjRTc3xEB+y+wSzvzhnr6geXNeP8NKDa4I2x7kSWYNcJDw45pOScX724KDZ620hPeTkw',
    '2jCmpagNZ++9W7XvZGDi+XNEszQI0nqRWeXQE0JCmeJ9WHtiUnn+cwuaTmu4CxAgMBAAECggEAD3V0hzBpeMkJH5+EapKxnMxwNkB2cxIsXv/J',
    'Dqg4JdMDIXZFIg254IuuUOtRt9bMrk5zke3x1omd35NxD5Hdi5g/djvVaPMTQMbS1AFkUPG0zChgA5QenZDgq9SdpsyAd3yd2ZNnG5/uosNQh5',
    'S1HdbHEhJ6AkKUkB/PADRV/Qc+hXid9uiZszJVRFGhHb/UjAC/BRyS6C0IRwNvpeWFV5Z+PVRrrp9jXM1zT9A4Ad2oTeIM9NLNu3KNQ4teX+or',
    'btuumpELKVAwIIpluIZ5FIzz/6u6e9tM4oqezmj/ApJeKYwuudfHmFcghaIzKHvcqgUj9i+Y86Dd/QF9BImTuQKBgQD0Pz78ZwJSjpW2twBpUG',
    'GYi2wUrF0MRwk6OZr2XMVy9RTLWtvBv/+zN7gjkBngcHICKo6eaKXW2FcPYOFh9+aZjV4C3b7GKoq3hAMy++rn2K8GHINngXW+TGSAiwTLdOPR',
    'nrJ98BXKtCbciNJTkZyCJzL5kZ6coD2wz12N/9c/+QKBgQDZvJdH2GDUWOUK/aHfBapMJ4H7Egs0xgbhL9Zn8V3xZRQuzAsHLzu3m+QxrrfT93',
    '+9ZJH6esgxx1NNtJkbfM8t6E8c3pD8Dw4J4Nw1OZRDFGiaf5Rym1LGDhGxzCJsnO25zfGTuqcwpzcjtmgn1at3TxKEvaO6M4XmurrKn0lkeQKB',
    'gACOKEGApnOzmUmKDvkuUpp7Lqq5XZjKjI3SVbTbryM8xWhU84z0N8ubg9Ko4DYva0Lv/9UCXeYoJcKGMNz9KEwPEzikcmuW6yvRpAQ4qGcQig',
    '1UgUP5+l+NYukb583inSX722IH6rTERhZYRUolWZq+JhKFLzwh7SH6xras7ztZAoGBAKNgXgcbtfQ/y4UGsSoeHx1LW72fWWc827amZXPS6VGT',
    'LaS7l97JMz7fK0eYOPlEscXTq7FN5d9sF/ard2LnsLFaqdoYqqNnTHpfDfyl+rimnKKo7iNcpqxTrDVD3eSvj7UmcYkOuhrIrZgPa3HQYvuACn',
    '4tqaeyt1tca4JUKQbJAoGBALOwGCeFKyzQxLPHlqSgOUznrzpiTuXoAqkMx2hWBCAKhJ+W5yaiBu1lQMq72EETfapmpgB7Z/pyufEmkDfJ6Xee',
    'SAFZeitbZSQxwmzNIIKfoz4wGFaS5dZsqjKnOQvaDswv2EwHcCJWBkKgM/N2kjaAWm1qv2UW2AUIu73LG2T5',
  ].join(''),
];
