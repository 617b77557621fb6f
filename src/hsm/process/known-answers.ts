/**
 * Known answers for the algorithms of key pairs, in base64: private keys as DER PKCS#8, peers as DER SubjectPublicKeyInfo.
 *
 * ECDSA signs `sample`: RFC 6979, A.2.5 to A.2.7; that of secp256k1 was made with pyca/cryptography by the rule of RFC 6979.
 * Key agreement: RFC 5903, section 8. RSA: made with pyca/cryptography 48 for the message `sample`.
 */
export const MESSAGE = 'sample'

export const RSA = {
  privateKey:
    'MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCFYioamP3wJInYT6xUOXhdv7BHFTw70cOjT9cv9LTteAIbJ/hSYRu/' +
    'n1CVYWM/GtF8xdGwD2J5qKOUxuZDAkH5FPYgZA3IeoY7rNNNztg+JaY5PhHDANsAMtWTOxuNVyPDxG4hca+S9OtqWbI2SJNo9HuKQ5CT' +
    '3kNy+ay+PTUTHmV9KCWnPEo1hnhapKgyhQEOuz3lJB/j0hOMDXh3sej/WH0mtBYb/ZGzyURP2sguhPCbMbxbE66EH82pa6BH8Bi3UVok' +
    'JtndDElK7XVeBfWHzDwA6+aiFpaA9XaiQn8oZ2v5Jt10WOWykgMQ/g+gIZdmzcm0skC3Dim9F6AzYScxAgMBAAECggEAAN553cB/bxAd' +
    '4c3rFoVlVl8IW/40bUNZnffINCTJBP8SLHEfOhIt5xq3oLGIvwGCuehkDFydTKOfpTmCiI88NM5BKEbenB7IPx1KJyig2g7OvXK9FOMt' +
    'ihvKrnHlJQ+bSQw/l3IxLajw27mH4rioVTe6klUMXRpGoDomOPsXHG/E2vcHPsKLbmcenS8awE9TmkjVC8QqzOtqgzUR6Zso55fWeG/b' +
    '2CuIIgmZqGy+z+006SxIa6ktRNFGYGd5pem/yNytewZEUFvYsO3Io335OUoQt8pCo/Dzi4kHmWUgWZksbUc4LA6m2YGCucs/kWzDt+KA' +
    '5GXq3BZJgFfpXqY0zQKBgQC8TAJhkYExSGgvkTJHDaz5TQ3TPcOjzzjOBQ56uNv+44hE4wCWtnoD2rc2bkJsi/PRLWkLqEXn3Qu7o5WT' +
    'hASXDj81aX4cXbxmsBaG/7Q8dgK/zV+vyt+/1RMHnW0MXfDR2eDnDDDkZHptRSD+MXrkAQGaAjy0di2rhs5BhfuEjwKBgQC1V5ZaGEFH' +
    'HyYRcq74k7Xo0GesPlTA+X1vHu2IbnR78WaqAsEeQVEDA8wXdXAMGBBSKVI6BmFNjPj5omca69mzp5g7sJ5YZqKXMtX9ynep7HFZg+Xi' +
    'yRH5wIYGchzyDn76+bcBCFY5kQYPUZMb0flZrZvCCrRYF2vUxCDGD1/4PwKBgAbz95KKwO6E8fPvtJ+TDbQW+E+4lCTUXhCddy9o7Ba5' +
    'aCrDBx6Jlm/V/7Xu1F0VvecXei2IBSzOqMRBAiD0WwcI66SZRKLfgzl3fx11C76/zNIwTzw6jZCT2aQKWCCAx4e4N+nQNW35l9u5FcLN' +
    'KPCKaPi65Gr1gjI3RB5/SA5ZAoGAD8+NKlnHBz5uAUNwgffO+neBMoFUvmaCSzf1GdoXid7oRpZq5App18ty9fClTkii06cKpkh8H1jV' +
    'NF62gqBhoMpR+ZJSm/6G2ovyIGiQul4FG/rmBjnluVLR3KoCYBBnfdZb4Fkru2UrlBZWryxFg04hsG9iffO80RYwjVQ1190CgYA1r5LE' +
    'yhcPeTfgjmLuzVO2+ab09vH7ovi0vkSaoIANL++Vkh/JQZTSC3VMx3deG7+ev0y2ghMXjjXsFcNMG/ZSlg5MoQ9s70UXBuZ3pAJ+yrMJ' +
    'yTyR2qzimYGiBp6H3e0NYYtBhKgdR+9NujNV5W7wEZpMOh0S5jYJruxCIqxPFA==',
  pkcs1:
    'B6XiIJVnI9mrSCSbwtNEZQBvH/e29rIiVlN1zWTAOsJNk/4huwd3OBpQ+oVnSJnHQSKVN7hmdbahw/qXQft4Y5tihUbqAsjvmnVGJf5m' +
    'EobtxJnnbqmChg0uNARNHbYtHLTvCZTeUEplH4FHmU41PXoDq+vaUWBxdnR2UgtzGJsA8BLsm4NKMmdFuem5Gf3/0vKH30Huh6lto87A' +
    'UspsdrasgxYlQilBrztxWEfK8ZtDBLCYNphmCTx4nqUTCO3L6PZoEVBFN6A6yTwYultA3mFeAAx0lhPi4GY/Q533eFFqUAXl49uRVZV8' +
    'ioe3ofcNJPcQy3/ynus24+c5vH2H1A==',
  pss:
    'LI1uyPKXS1EmfpH58zHzIYJ35bmdoq9IIlvYS31Gn8pd6/8WdrL/pGBJwPziQvomqT2VbrLdqbN/pqAYckLrFRDcxnO4PWu6UnglE1/g' +
    'DhbYQPVNGnlpFUIedgwi9UApq+chPJUhg/LwmHEfHdI3F3A4X6yfPMafjj+HfxvPhqrc7VEOWVAZK6EKt239aIHp8p5I6wATMwjA7xXp' +
    'qKmWiqW59pp+OA+hCVvFnv2l69L+Cmtb+XFbPLSkz2lghxC8zvl0qVT39EogUYPpDkQHnHkv0CgtKt5KrSC1aFNBXR6vlWw+rsYsUIF2' +
    'jV4vnsvuWlSAR509Exi5tbefBhAebg==',
  oaepSha1:
    'gqHNevWCDEfKAJvvlRb2BFYMOf5HzmptWrOVTeDMwd/24sL8Z6V2DJbkCpqVslADtj/EP6m+nbR+FwV9iR9e3URAHMWL7W3lAMZ+jA6a' +
    'VFPWgmo9ogKOmbxmF/D66xs4Zr6PJt5K7hT7gGGsUYhImhBdatZIEBY6lh/yn8KKpzre6ev0XAUErM7CD5E4w+P07Ziid67Rr6+u8CVF' +
    'An+c3MY/I4CBkRgmUFPdy1VA7gfaRE/qYOxkWL414QqSZwDXd3zR8qpZTXVf2PF6PoPC8CLqc3+ooelRlY78VhA9fJay+muaaBf55Ot3' +
    't6VFHYJINU59DCSk1WhdcJpmEomZ1w==',
  oaepSha256:
    'Z9b5ncz++OL7US1lzmu1rrDHD13q5YaBcyjSlATkVsmSu1PhDRx7OZ2k790yNM2JRwcs/Z9mhwaEXkfSRlZeRFO8FrybLppd8eYg3U+g' +
    'sK076K7YiDo5NPHidhRfusQAv6FT0eYDvkSg3VMTB2MxfJl+oIwyWGDHCdq0P12n8fduOioKrNaXM1ijBXyYqXDuhqfD3OCV3DjJvXWs' +
    '/3FDDCeeqXSVsqBuYtM0vwF+pHldJMapEV1MI9QpUE5rO3BzUNz7zldLNzSdCS/JLSvm28XBYvPNNE+DCBfU+CXPhQBuw+vCVrGTRzeZ' +
    'sitjn9TxgYOxTigSyE0J/seIsgHypA==',
} as const

/** Of one curve. Agreement, where the curve is used for it: own private key, the peer's public key and the secret in hex. */
export type CurveAnswers = {
  readonly privateKey: string
  readonly signature: string
  readonly agreement?: { readonly privateKey: string; readonly peer: string; readonly secret: string }
}

export const CURVES = {
  ECC_NIST_P256: {
    privateKey:
      'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFXZ7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6' +
      'JVqdMclh63TGNW1owEm4kjth+mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ',
    signature: 'MEYCIQDv1IsqrLao/RFA3ZzUXoHWnSyHe1aq+ZHDTQ6oTq83FgIhAPfLHJQtZXxB1DbHobbin2Xz6QDbua/0Bk3Eqy+EOs2o',
    agreement: {
      privateKey:
        'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgyI8B9RDZrD9wopLaojFt5UTpqriv6EBJxiqcV4YtFDOhRANCAATa0LZT' +
        'lCIc+bBR4f7KV4fQmN/mN/yQue+UXQw3clgRgFJxoEYc24JS1h8cRW+j5Zqx9FszrM9fWDieBXe4mQuz',
      peer:
        'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0S37UonI1PgSCLcCcDmMNCKWlwoLzLdMc2/HVUSUv2NW+/PKNmzCPoFXhUwTxY1qrCPw' +
        'Rq2jD4NT508zA5hyqw==',
      secret: 'd6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de',
    },
  },
  ECC_NIST_P384: {
    privateKey:
      'MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBrnT2tLhuMHAWxmHW2ZZ9N4jw7Znvyl7qapHdAeHE32JbVck5McKgl+HLJ' +
      '6mDS7fWhZANiAATsOk5BW04ZpFaGGAKfQn+l2pqLxK6S4C4GquUoazAMZN748OqQVYZgZKJUUVSAvBOAFdm3LX1XJE6o75rAxiGJZwil' +
      'k2f537n1TKhLPxydsSiLIxw64NT+c0T9JTMmRyA=',
    signature:
      'MGYCMQCU7buSpey4qtRzblbGkZFrP4gUBmbOn6c9ZMTqla0TPIGmSBUuRKz5bjbdHoD6vkYCMQCZ70rrFfF4zqH+QNsmAxOPEw50Chli' +
      'RSYgO2NR0KOpT6MpwUV4bmeee4LHGjhiisg=',
    agreement: {
      privateKey:
        'MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAJnzxwNNSixpmITXOjdaZ/diTvfGs8DxYGR7Z0FNzmVeNbU4BB5knuP674' +
        'lng6sZShZANiAARmeELX0YCsLN5vdPN1UfVXVcdkXCDvc+MWNP5ytMVe5t46yAistL20yIcyrulfQaqUgu0fwO65yvxJhGJcz8I/ZQMh' +
        'SeDhRK2gJBgVNaDzjuufz/PCyUfa5ptMY0VzqBw=',
      peer:
        'MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE5Vjb71PuzePT/M/BrqCKiamHR10S/ZUNg8+kFzK8UJ0NGsQ6Azbe+W/aQdB3SjVx3Pvseqzz' +
        'GWRyFp6DhDA2f2buvjxucMQW3V8MaHWd0f/4P6QBQiCd/16q2W255jhs',
      secret: '11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746',
    },
  },
  ECC_NIST_P521: {
    privateKey:
      'MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIA+tBtqmK6OyXS+0ATPadXIF3mf1uwAY/ujIbhtox+dcqolusy8fR8cIVY' +
      'NqbRb8wUZvbY++xn24nsDAiw6Za4NTihgYkDgYYABAGJRVDQeFky4A6qI7aU8hP4wxIfhtyXoE5acWfbTlvNNxEj1G5F22tdU3Cn8g+2' +
      'MxVdOP+hbSvXYdysR0uaL1AjpABJMQHJYs1NL933giheZFhBOcL5G0f4f/gjVNZjD3RqKKDbJXQbWzSoKACLIqzCP5JPqvvU0z+B6maV' +
      'bf6qK/389Q==',
    signature:
      'MIGHAkIAwyj6/L153XeFA3DEYyXZh8tSVWn7Y8XTvFOVDm1MXxdOJaHukBe11FBgat0VK1NJMdfU6EVcyR+bFb8F7Dbjd/oCQWF8znz1' +
      'BkgGxGf2eNO0CA1vHMUK8myiCUFzCCgbaK8oJiPqpj5bXAcj2LjDf/B3exog+Myx3MxDmX8e4ORNpKZ6',
    agreement: {
      privateKey:
        'MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIAN63pMZqJ9Nq9s+9BGqzMpRI8YayrV7U5Pc5HYIFyoJWqhaMP4cKVLGdx' +
        '2Te6l3f1lXsmObqwckYvaMJ6VzgtSlKhgYkDgYYABAAVQX6E2/KMCtPCeHEzSdx98VPIl6GJG9mLq0NXyey+4eO/QuALjjgK6uV8LRB1' +
        'ZJQYhZQq9af0YBcjxBldF2ztPgF8riC2ZB0u62lXhtjJRhRiOdCZ4Y4dWlFMc518tKEK2KeIAVrEBdd5ncdee31bbPImGmp/FQdDi/Ab' +
        '62yjkm+Vgg==',
      peer:
        'MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQA0LOXWsS3mfW+oW1eE+mvlx1em5hMnzlyi15XOXNaIZuXw1ZDatxulbsDUva+ZKbCkS1O' +
        '8tBDPO0rYXFkABLZRg8BXGgiY4OVbjvQZueXtiPCfODqwvVRoQwsck2YUgd7hyILZTbFxAih0q67jobWeK5Jy1cJH0cyKWV5q0T80X8P' +
        'xWo=',
      secret:
        '01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a34786859810c06b3c715a3' +
        'a8cc3151f2bee417996d19f3ddea',
    },
  },
  ECC_SECG_P256K1: {
    privateKey:
      'MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQGhRANCAAQbhMVWexJk' +
      'QJldPtWqugVl1x4YNGBIGf+cF/Xp1d0Hj3C+r49Yi1QVB/7WpkLFq0Lf34Egp/Y53lEi1HppqOjR',
    signature: 'MEUCIQDV3trJdQTtIYqscU9TvACXdgNkU8gIHbf1SUaESWxzpwIgcEqqBpYV55PiaydIV/WBssZ53LGkJVI+8a5S9qgEgP8=',
  },
} as const satisfies Record<string, CurveAnswers>

/** RFC 8032, 7.1 test 3 and 7.3: the last bytes are what follows a fixed head in PKCS#8. In hex. */
export const ED25519 = {
  head: '302e020100300506032b657004220420',
  seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
  message: 'af82',
  signature:
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
    '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  hashedSeed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
  hashedMessage: '616263',
  hashedSignature:
    '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41' +
    '31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
} as const

/** The message `m` under the key of 32 zero bytes of seed. In hex. Computed from FIPS 204, algorithms 1, 7 and 22. */
export const ML_DSA = {
  message: 'm',
  ML_DSA_44: {
    head: '3034020100300b060960864801650304031104228020',
    publicKeySha256: 'eb4e7302842153b0fa19e8620739ad258af4929c26dd89079a7ec7d4282208e1',
    mu:
      'f35068b05b17d22683a5cc2524afd065aa687d1184fe537bf377d23e9c1f73bd' +
      'c7b203d192a684284cfd108a263e2b565ff37e2d529aee6465798b41fd1e9fff',
  },
  ML_DSA_65: {
    head: '3034020100300b060960864801650304031204228020',
    publicKeySha256: '085ba380ff386dd52e42349c6eb88489d6058ea541a4e3fb0dce9a3fd1f7a911',
    mu:
      '2bde2eb3e7c89a80f13f774122e8f3739c1a75083f0e76e331a702a691d9a501' +
      '503040a7c395ec5618dd18f0bd1188359d600ef6045cb4562aa11eb3a9624d8e',
  },
  ML_DSA_87: {
    head: '3034020100300b060960864801650304031304228020',
    publicKeySha256: '1d4a461707fc50a7ec93a9c02454778a8b82321ca460eea345e7bbfaff38a3aa',
    mu:
      'a7b08da01b5627f531ab7ec514df9910bc4fb8544c3657988e5c886ebe57b909' +
      'fd9f59946436fd1291ab89f6bfdd9f3e614270d9bed99a4f3c2907c9d2e96092',
  },
} as const
