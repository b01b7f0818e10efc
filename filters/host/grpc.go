package host

import "strings"

// IsGRPC reports whether Envoy takes a request of that content-type for one of gRPC (grpc/common.cc, hasGrpcContentType).
func IsGRPC(contentType string) bool {
	rest, ok := strings.CutPrefix(contentType, "application/grpc")
	return ok && (rest == "" || rest[0] == '+')
}

// GRPCStatus returns the grpc-status for an HTTP status, by Envoy's table (grpc/status.cc, Utility::httpToGrpcStatus).
func GRPCStatus(status int) int {
	const unknown, permissionDenied, unimplemented, internal, unavailable, unauthenticated = 2, 7, 12, 13, 14, 16
	switch status {
	case 400:
		return internal
	case 401:
		return unauthenticated
	case 403:
		return permissionDenied
	case 404:
		return unimplemented
	case 429, 502, 503, 504:
		return unavailable
	}
	return unknown
}
