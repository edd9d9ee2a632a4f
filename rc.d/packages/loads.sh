# shellcheck shell=sh
# Whether the daemon would start with what is configured; it says why not.
loads() {
    CONFDIR=/etc/smokerd CONFIG='' GENCONFIG=0 SMOKERD_OPTIONS='' OPTIONS=''
    # shellcheck disable=SC2034 # The values of others use it.
    PIDFILE=/var/run/smokerd.pid
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
    # It names files and folders that others than root can write, too, with the cure. The options may trust an account.
    # shellcheck disable=SC2086 # SMOKERD_OPTIONS and OPTIONS are words.
    set -- /usr/sbin/smokerd --check -c "${CONFIG:-$CONFDIR/smokerd.yaml}" $SMOKERD_OPTIONS $OPTIONS
    # The account that a unit with User= starts the daemon as owns its state_dir.
    user=''
    if [ -d /run/systemd/system ]; then
        user=$(systemctl show -p User smokerd.service 2> /dev/null | sed -n 's/^User=//p')
    fi
    case $user in
    '' | root | 0) "$@" || code=$? ;;
    *) runuser -u "$user" -- "$@" || code=$? ;;
    esac
    # 3: problems that the daemon lives with.
    [ "$code" = 0 ] || [ "$code" = 3 ]
}
