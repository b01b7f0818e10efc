package contribhost

// bootstrap has two upstreams, a plain route, one chosen by a header, one with a per-route configuration and one without a
// cluster behind it.
const bootstrap = `
admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
static_resources:
  listeners:
  - name: main
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    per_connection_buffer_limit_bytes: 65536
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: main
          http_protocol_options: { enable_trailers: true }
          access_log:
          - name: file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: {{access}}
              log_format:
                text_format_source: { inline_string: "%REQ(X-ID)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %DYNAMIC_METADATA(probe)% %FILTER_STATE(probe:PLAIN)%\n" }
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - name: other
                match: { prefix: /, headers: [ { name: x-route, string_match: { exact: other } } ] }
                route: { cluster: other }
                metadata: { filter_metadata: { funcroute: { function: there } } }
              - name: merged
                match: { prefix: /merged }
                route: { cluster: main }
                typed_per_filter_config:
                  probe:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilterPerRoute
                    dynamic_module_config: { name: contribhost, do_not_close: true, load_globally: true }
                    filter_name: contribhost
                    filter_config:
                      "@type": type.googleapis.com/google.protobuf.Struct
                      value: { plugins_config: { probe: { config: { name: route, extra: 7 } }, unused: { config: {} } } }
              - name: direct
                match: { path: /direct }
                direct_response: { status: 203, body: { inline_string: direct } }
              - name: nested
                match: { path: /nested }
                route: { cluster: main }
                metadata: { filter_metadata: { funcroute: { a: { b: c } } } }
              - name: plain
                match: { prefix: / }
                route: { cluster: main }
                metadata:
                  filter_metadata:
                    funcroute: { function: resize, weight: 3, on: true, off: false, list: [a, 2, true], empty: [], none: null }
                    funcroute.parameters: { path: "/images/{id}" }
          http_filters:
          - name: envoy.filters.http.set_metadata
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.set_metadata.v3.Config
              metadata: [ { metadata_namespace: theirs, value: { nested: { a: { b: 1 } }, text: b } } ]
          - name: probe
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter
              dynamic_module_config: { name: contribhost, do_not_close: true, load_globally: true }
              filter_name: contribhost
              filter_config:
                "@type": type.googleapis.com/google.protobuf.Struct
                value:
                  library_id: probe
                  library_path: {{probe}}
                  plugin_name: probe
                  plugin_config:
                    "@type": type.googleapis.com/xds.type.v3.TypedStruct
                    type_url: probe
                    value: { name: base, text: "a \"quote\", ä and \u20ac", list: [1, [true, null]], object: { x: 1.5 } }
          - name: envoy.filters.http.router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
  clusters:
  - name: main
    type: STATIC
    metadata: { filter_metadata: { funcroute: { type: lambda, region: us-east-1, timeout: 3 }, a.namespace.with.a.long.name: { a_key_of_more_than_twenty_two_bytes: text } } }
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: { http2_protocol_options: {} }
    load_assignment: { cluster_name: main, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: {{main}} } } } ] } ] }
  - name: other
    type: STATIC
    metadata: { filter_metadata: { funcroute: { type: rest } } }
    load_assignment: { cluster_name: other, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: {{other}} } } } ] } ] }
`
