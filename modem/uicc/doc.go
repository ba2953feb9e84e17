// Package uicc knows what a card with USIM and ISIM says: the answer to AUTHENTICATE (3GPP TS
// 31.102 §7.1.2, TS 31.103 §7.1.2), the files that name the subscriber, status words, and the
// identities that follow from them (TS 23.003 §13). It is pure: octets in, values out.
//
// In: commands and answers of AKA, EF_DIR, EF_IMSI, EF_AD, EF_IMPI, EF_IMPU and EF_DOMAIN,
// identities derived where the card has no ISIM, the check digit of an IMEI.
// Out: how a command reaches the card; Milenage, which is inside the card.
//
// Memory: an AKA holds its keys by value, so that the caller can wipe it. Identities are strings,
// built once for each card.
package uicc
