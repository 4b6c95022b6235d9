# net-snmp's agent of Debian: measures the container it runs in.
FROM kaiku/debian:local
RUN apt-get update -q && apt-get install -y -q --no-install-recommends snmpd && rm -rf /var/lib/apt/lists/*
EXPOSE 161/udp
CMD ["snmpd", "-f", "-Lo", "-C", "-c", "/etc/kaiku/snmpd.conf", "-I", "-smux"]
