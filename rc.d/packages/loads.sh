# shellcheck shell=sh
# Whether the daemon would start with what is configured; it says why not.
loads() {
    CONFDIR=/etc/smokerd CONFIG='' GENCONFIG=0
    for file in /etc/default/smokerd /etc/sysconfig/smokerd; do
        if [ -r "$file" ]; then
            # shellcheck source=/dev/null
            . "$file"
        fi
    done
    case $GENCONFIG in
    1 | yes | true) CONFIG=$CONFDIR ;;
    esac
    code=0
    /usr/sbin/smokerd --check -c "${CONFIG:-$CONFDIR/smokerd.yaml}" || code=$?
    # 3: problems that the daemon lives with.
    [ "$code" = 0 ] || [ "$code" = 3 ]
}
