package main

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/keys"
)

const keyID = "configured" // whatever the bundle calls its key, this is the one that counts

// verification is how the signature of a bundle is checked: a public key in PEM for RSA and ECDSA,
// any other text as the secret of an HMAC. The bundle chooses the algorithm, but only one that fits
// the key: a public key, which everybody has, is never taken for a secret.
func verification(key string, signatures []byte) (*bundle.VerificationConfig, error) {
	algorithm := ""
	if signatures != nil {
		block, _ := pem.Decode([]byte(key))
		algorithm = signedWith(signatures)
		if !keys.IsSupportedAlgorithm(algorithm) {
			return nil, refusal("signature", "it is signed with %q, which is no known algorithm", algorithm)
		}
		if secret := strings.HasPrefix(algorithm, "HS"); secret != (block == nil) {
			return nil, refusal("signature", "it is signed with %s, for which the key is of the wrong kind", algorithm)
		}
	}
	known := map[string]*bundle.KeyConfig{keyID: {Key: key, Algorithm: algorithm}}
	return bundle.NewVerificationConfig(known, keyID, "", nil), nil
}

// signedWith is the algorithm in the header of the first signature, "" if there is none to read.
func signedWith(signatures []byte) string {
	var config bundle.SignaturesConfig
	if json.Unmarshal(signatures, &config) != nil || len(config.Signatures) == 0 {
		return ""
	}
	encoded, _, _ := strings.Cut(config.Signatures[0], ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	var header struct {
		Algorithm string `json:"alg"`
	}
	if err != nil || json.Unmarshal(text, &header) != nil {
		return ""
	}
	return header.Algorithm
}
