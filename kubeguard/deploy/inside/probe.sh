# The questions of probe.py, for an image that has a shell (POSIX) and no Python.
LC_ALL=C PLACES="/ /etc /usr/local/bin /opt /var /var/tmp /home /tmp"
STANDARD=/var/run/secrets/kubernetes.io/serviceaccount/token
export LC_ALL
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
line='
'

has() { command -v "$1" >/dev/null 2>&1; }

real() { (CDPATH='' cd -P -- "$1" 2>/dev/null && pwd -P); }

# Whether nothing is mounted there, or above.
is_of_root() {
    at=$1
    while [ -n "$at" ]; do
        case $points in *"$line$at$line"*) return 1 ;; esac
        at=${at%/*}
    done
}

# `system:serviceaccount` as base64 has it, at any of three offsets: every token's subject.
has_token() {
    [ -f "$1" ] && [ -r "$1" ] || return 1
    text=
    read -r text <"$1"
    case $text in
    *c3lzdGVtOnNlcnZpY2VhY2NvdW50* | *N5c3RlbTpzZXJ2aWNlYWNjb3Vud* | *zeXN0ZW06c2VydmljZWFjY291bn*) ;;
    *) return 1 ;;
    esac
}

reach() {
    for tool in bash curl nc wget; do
        has $tool && has timeout || continue
        case $tool in
        bash) said=$(timeout 2 bash -c ": >/dev/tcp/$1/80" 2>&1) ;;
        curl) said=$(timeout 3 curl -gsSv --noproxy '*' -o /dev/null --connect-timeout 2 "http://$2/" 2>&1) ;;
        nc) said=$(printf 'GET / HTTP/1.0\r\n\r\n' | timeout 3 nc -w 2 "$1" 80 2>&1) ;;
        wget) said=$(timeout 3 wget -O /dev/null -T 2 "http://$2/" 2>&1) ;;
        esac
        case $tool:$?:$said in
        nc:124:* | nc:143:* | *:0:* | *"Connected to"* | *connected* | *HTTP/1*) answer=open ;;
        *refused*) answer=refused ;;
        *:124:* | *:143:* | curl:7:* | curl:28:* | *unreachable* | *"No route"* | *"timed out"* | *"annot assign"*) answer=closed ;;
        *) continue ;;
        esac
        echo "reach $1 $answer"
        return
    done
    echo "reach $1 unknown"
}

echo "kubeguard-probe 1"
root=unknown points=$line
while read -r _ _ _ _ point options rest; do
    case $point in *\\*) point=$(printf '%b' "$point") ;; esac
    case "$point,,$options,${rest##* }," in
    /,*,ro,*) root=ro ;;
    /,*) root=rw ;;
    *) points=$points$point$line ;;
    esac
done 2>/dev/null </proc/self/mountinfo
echo "root $root"

for place in $PLACES "$PWD"; do
    folder=$(real "$place") && is_of_root "$folder" && [ $root != unknown ] && has rm || continue
    file=$folder/.kubeguard-$$
    (set -C && : >"$file") 2>/dev/null && rm -f "$file" && echo "writes $place"
done

[ -r $STANDARD ] && echo "token $STANDARD"
standard=$(real ${STANDARD%/*})
IFS=$line
for point in $points; do
    [ "$point" = "$standard" ] && continue
    for file in "$point" "$point"/..data/* "$point"/..data/*/*; do
        inner=${file#"$point"}
        has_token "$file" && echo "token $point${inner#/..data}"
    done 2>/dev/null
done
unset IFS

reach 169.254.169.254 169.254.169.254 &
reach fd00:ec2::254 '[fd00:ec2::254]' &
wait
echo end
